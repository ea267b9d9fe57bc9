//! The package in other hands: `unzip`, Python's `zipfile`, `sha256sum` and the `zip` crate.
//!
//! These programs must be there; a machine without them fails this test rather than skip it.

use std::io::{Cursor, Read as _};
use std::path::Path;
use std::process::Command;

use super::{MEMBERS, sample};

fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {text}{errors}");
    // A warning would not change the exit code of every program.
    assert_eq!(errors, "", "{program} {arguments:?}");
    text
}

#[test]
fn unzip_python_and_sha256sum_accept_the_package() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.zip"), sample().bytes).unwrap();

    let tested = run(folder.path(), "unzip", &["-t", "a.zip"]);
    assert!(tested.contains("No errors detected in compressed data of a.zip"), "{tested}");

    let script = "import zipfile\n\
        z = zipfile.ZipFile('a.zip')\n\
        assert z.testzip() is None\n\
        assert z.comment == b''\n\
        print([(i.filename, i.compress_type, i.date_time[:3], oct(i.external_attr >> 16)) for i in z.infolist()][:3])\n";
    let listed = run(folder.path(), "python3", &["-c", script]);
    assert_eq!(
        listed.trim(),
        "[('manifest.json', 0, (1980, 1, 1), '0o100644'), \
         ('SHA256SUMS', 0, (1980, 1, 1), '0o100644'), \
         ('raw/users/0001.json', 8, (1980, 1, 1), '0o100644')]"
    );

    run(folder.path(), "unzip", &["-q", "a.zip", "-d", "out"]);
    let out = folder.path().join("out");
    let checked = run(&out, "sha256sum", &["--strict", "-c", "SHA256SUMS"]);
    assert_eq!(checked.lines().count(), MEMBERS.len() + 1);
    assert!(checked.lines().all(|line| line.ends_with(": OK")), "{checked}");
    for (name, content) in MEMBERS {
        assert_eq!(std::fs::read(out.join(name)).unwrap(), content, "{name}");
        assert!(!std::fs::metadata(out.join(name)).unwrap().permissions().readonly(), "{name}");
    }
}

#[test]
fn the_zip_crate_reads_the_same_members() {
    let bytes = sample().bytes;
    let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    archive.validate_header_consistency().unwrap();
    assert_eq!(archive.offset(), 0);
    assert_eq!(archive.len(), MEMBERS.len() + 2);
    for (name, content) in MEMBERS {
        let mut file = archive.by_name(name).unwrap();
        assert_eq!(file.unix_mode(), Some(0o100_644));
        let mut read = Vec::new();
        file.read_to_end(&mut read).unwrap();
        assert_eq!(read, content, "{name}");
    }
}
