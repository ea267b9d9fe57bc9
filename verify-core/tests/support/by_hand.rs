//! The commands that section 13 of the format gives to paste into a shell, run as they are printed there.

use std::path::Path;
use std::process::Command;

/// The format.
const FORMAT: &str = include_str!("../../docs/format.md");

/// A block of the worked example: commands behind `$ `, and what they print.
pub(crate) struct Block {
    commands: Vec<String>,
    printed: Vec<String>,
}

impl Block {
    /// A checkpoint, its signature and its root.
    pub(crate) fn checkpoint() -> Self {
        Self::numbered(0)
    }

    /// The token over that checkpoint. Goes on where [`Self::checkpoint`] ends.
    #[allow(dead_code, reason = "not every chain has tokens")]
    pub(crate) fn token() -> Self {
        Self::numbered(1)
    }

    /// One of the blocks behind the words that introduce them.
    fn numbered(number: usize) -> Self {
        let (_, section) = FORMAT.split_once("\n## 13. ").unwrap();
        let (_, behind) = section.split_once("**A checkpoint and a token by hand**").unwrap();
        let block = behind.split("\n```\n").skip(1).step_by(2).nth(number).unwrap();
        let (commands, printed): (Vec<&str>, Vec<&str>) =
            block.lines().partition(|line| line.starts_with("$ "));
        let commands = commands.into_iter().map(|line| line[2..].to_owned()).collect();
        Self { commands, printed: printed.into_iter().map(str::to_owned).collect() }
    }

    /// The same over another chain: its key, and the key's id, which the block prints.
    #[allow(dead_code, reason = "the worked example runs it over the chain that it is about")]
    pub(crate) fn with_key(mut self, key: &str) -> Self {
        let at = self.commands.iter().position(|command| command.starts_with("KEY=")).unwrap();
        let own = std::mem::replace(&mut self.commands[at], format!("KEY='{key}'"));
        let id = |key: &str| key.split('+').nth(1).unwrap().to_owned();
        let printed = self.printed.iter().position(|line| *line == id(&own)).unwrap();
        self.printed[printed] = id(key);
        self
    }

    /// This block, and then another one in the same shell.
    #[allow(dead_code, reason = "only chains with tokens need both blocks")]
    pub(crate) fn then(mut self, other: Self) -> Self {
        self.commands.extend(other.commands);
        self.printed.extend(other.printed);
        self
    }

    /// What it says that it prints.
    pub(crate) fn printed(&self) -> String {
        self.printed.iter().flat_map(|line| [line, "\n"]).collect()
    }

    /// Runs it in `folder`: whether every command succeeded, and what they printed.
    pub(crate) fn run(&self, folder: &Path) -> (bool, String) {
        let script = format!("set -e -o pipefail\n{}\nrm -r \"$W\"\n", self.commands.join("\n"));
        let output = Command::new("bash").current_dir(folder).args(["-c", &script]).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    }
}
