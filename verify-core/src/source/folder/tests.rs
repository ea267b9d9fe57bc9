//! What lies in a folder may be swapped at any moment; nothing outside is ever read, nothing is waited for.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use super::*;

/// A folder with `a/b.json` in it, and a secret beside it.
fn place() -> (tempfile::TempDir, Folder) {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir_all(place.path().join("root/a")).unwrap();
    fs::write(place.path().join("root/a/b.json"), "inside").unwrap();
    fs::create_dir(place.path().join("outside")).unwrap();
    fs::write(place.path().join("outside/b.json"), "secret").unwrap();
    let folder = Folder::new(place.path().join("root"));
    (place, folder)
}

fn only(folder: &Folder) -> Item {
    let mut items = folder.list(10).unwrap();
    assert_eq!(items.len(), 1, "{items:?}");
    items.remove(0)
}

fn reads(folder: &Folder, item: &Item) -> [Result<Vec<u8>, SourceError>; 2] {
    [folder.read(item, 1 << 20), folder.read_start(item, 64)]
}

#[test]
fn files_are_listed_in_order_and_read_whole() {
    let (place, folder) = place();
    fs::write(place.path().join("root/z"), "").unwrap();
    fs::write(place.path().join("root/0"), "0").unwrap();
    let items = folder.list(10).unwrap();
    let names: Vec<_> = items.iter().map(|item| (item.name.as_str(), item.size)).collect();
    assert_eq!(names, [("0", 1), ("a/b.json", 6), ("z", 0)]);
    assert_eq!(folder.read(&items[1], 6).unwrap(), b"inside");
    assert_eq!(folder.read_start(&items[1], 2).unwrap(), b"in");
    assert!(matches!(folder.read(&items[1], 5), Err(SourceError::TooLarge { size: 6, limit: 5, .. })));
    // Folders count, or a tree of empty ones would never end.
    assert!(matches!(folder.list(3), Err(SourceError::TooMany { limit: 3, .. })));
    let one = Folder::new(place.path().join("root/0"));
    assert_eq!(one.read(&only(&one), 10).unwrap(), b"0");
}

#[test]
fn a_file_swapped_for_a_link_is_not_followed() {
    let (place, folder) = place();
    let item = only(&folder);
    fs::remove_file(place.path().join("root/a/b.json")).unwrap();
    symlink(place.path().join("outside/b.json"), place.path().join("root/a/b.json")).unwrap();
    for read in reads(&folder, &item) {
        assert!(matches!(read, Err(SourceError::Replaced { .. })), "{read:?}");
    }
    assert_eq!(only(&folder).kind, ItemKind::Other("symbolic link"));
}

#[test]
fn a_folder_swapped_for_a_link_leads_nowhere() {
    let (place, folder) = place();
    let item = only(&folder);
    fs::rename(place.path().join("root/a"), place.path().join("root/was")).unwrap();
    symlink(place.path().join("outside"), place.path().join("root/a")).unwrap();
    for read in reads(&folder, &item) {
        assert!(matches!(read, Err(SourceError::Replaced { .. })), "{read:?}");
    }
    let kinds: Vec<_> = folder.list(10).unwrap().into_iter().map(|item| (item.name, item.kind)).collect();
    let expected =
        [("a".to_owned(), ItemKind::Other("symbolic link")), ("was/b.json".to_owned(), ItemKind::File)];
    assert_eq!(kinds, expected);
}

#[test]
fn names_that_lead_out_are_refused() {
    let (_place, folder) = place();
    let item = only(&folder);
    for name in ["../outside/b.json", "a/../a/b.json", "/etc/hostname", "a//b.json", "./a/b.json"] {
        let item = Item { name: name.to_owned(), ..item.clone() };
        for read in reads(&folder, &item) {
            assert!(matches!(read, Err(SourceError::Read { .. })), "{name}: {read:?}");
        }
    }
}

#[test]
fn pipes_and_sockets_are_named_and_never_waited_for() {
    let (place, folder) = place();
    let item = only(&folder);
    let path = place.path().join("root/a/b.json");
    fs::remove_file(&path).unwrap();
    let started = Instant::now();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    for read in reads(&folder, &item) {
        assert!(matches!(read, Err(SourceError::Replaced { .. })), "{read:?}");
    }
    assert_eq!(only(&folder).kind, ItemKind::Other("pipe, socket or device"));
    fs::remove_file(&path).unwrap();
    let _socket = UnixListener::bind(&path).unwrap();
    for read in reads(&folder, &item) {
        assert!(matches!(read, Err(SourceError::Replaced { .. })), "{read:?}");
    }
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_file_that_is_replaced_or_written_to_is_another_file() {
    let (place, folder) = place();
    let path = place.path().join("root/a/b.json");
    let item = only(&folder);
    fs::write(&path, "longer than before").unwrap();
    for read in reads(&folder, &item) {
        let error = read.unwrap_err();
        assert!(matches!(error, SourceError::Changed { listed: 6, read: 18, .. }), "{error}");
        assert_eq!(error.unstable(), Some(("6 bytes".to_owned(), "18 bytes".to_owned())));
    }
    let item = only(&folder);
    fs::write(place.path().join("new"), "the same length..!").unwrap();
    fs::rename(place.path().join("new"), &path).unwrap();
    for read in reads(&folder, &item) {
        let error = read.unwrap_err();
        assert!(matches!(error, SourceError::Replaced { .. }), "{error}");
        assert!(error.unstable().is_some());
    }
}
