//! Names of a copy. Those of a store are hostile: only a plain path that stands in nobody's way is taken over.

use std::collections::BTreeMap;

use verify_core::digest::Digest;
use verify_core::source::Item;

/// Longest part of a path that every file system takes.
const LONGEST_PART: usize = 200;
/// The folder of names of this program's own.
const RENAMED: &str = "renamed";

/// The paths of a copy that are taken. Names that differ in nothing but the case of letters are one on some machines.
#[derive(Default)]
pub(super) struct Names {
    /// Each in lower case, with how it was written and whether it is a folder.
    taken: BTreeMap<String, (String, bool)>,
}

impl Names {
    /// The name itself where it is a plain path that stands in nobody's way, else one made of its digest.
    pub(super) fn of_copy(&mut self, item: &Item) -> String {
        let name = &item.name;
        if item.exact && name.split('/').all(is_plain) && !is_below_renamed(name) && self.take(name) {
            return name.clone();
        }
        let digest = Digest::of(name.as_bytes()).to_string();
        format!("{RENAMED}/{}", digest.get(..32).unwrap_or(&digest))
    }

    /// Takes a path and the folders above it, unless one of them is something else already.
    fn take(&mut self, name: &str) -> bool {
        let folders = name.match_indices('/').filter_map(|(end, _)| Some((name.get(..end)?, true)));
        let paths: Vec<(&str, bool)> = folders.chain([(name, false)]).collect();
        let free = paths.iter().all(|(path, is_folder)| match self.taken.get(&path.to_ascii_lowercase()) {
            None => true,
            Some((as_written, was_folder)) => *is_folder && *was_folder && as_written == path,
        });
        if free {
            let entries = paths
                .into_iter()
                .map(|(path, is_folder)| (path.to_ascii_lowercase(), (path.to_owned(), is_folder)));
            self.taken.extend(entries);
        }
        free
    }
}

/// Nobody chooses a name there that is somebody else's.
fn is_below_renamed(name: &str) -> bool {
    name.split('/').next().is_some_and(|part| part.eq_ignore_ascii_case(RENAMED))
}

fn is_plain(part: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !part.is_empty()
        && part.len() <= LONGEST_PART
        && part.chars().all(letters)
        && part.starts_with(|c: char| c.is_ascii_alphanumeric())
        && part.ends_with(|c: char| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use verify_core::source::ItemKind;

    use super::*;

    #[test]
    fn a_copy_never_leaves_its_folder() {
        let name = |name: &str| {
            let item =
                Item { name: name.to_owned(), exact: true, kind: ItemKind::File, size: 0, stamp: None };
            Names::default().of_copy(&item)
        };
        let plain = "packages/2026/05/01/evidence-2026-05-01-0800-0000000001-0badcafe.zip";
        assert_eq!(name(plain), plain);
        for hostile in [
            "",
            "/",
            "renamed/x",
            "Renamed/x",
            "../x",
            "a/../b",
            "/etc/x",
            "a//b",
            "a\\b",
            "C:x",
            ".x",
            "x.",
            "a b",
            "\u{e9}",
        ] {
            let copied = name(hostile);
            assert!(copied.starts_with("renamed/") && copied.len() == 40, "{hostile}: {copied}");
        }
    }

    #[test]
    fn names_that_are_in_the_way_of_others_are_changed() {
        let mut names = Names::default();
        let mut kept = |name: &str| {
            let item =
                Item { name: name.to_owned(), exact: true, kind: ItemKind::File, size: 0, stamp: None };
            names.of_copy(&item) == name
        };
        assert!(kept("chain/0000000002.json") && kept("chain/0000000003.json") && kept("notes/a/b"));
        for hostile in [
            "chain/0000000002.json/under",
            "Chain/0000000009.json",
            "chain/0000000003.JSON",
            "notes/a",
            "NOTES",
        ] {
            assert!(!kept(hostile), "{hostile}");
        }
        assert!(kept("chain/0000000009.json"));
    }
}
