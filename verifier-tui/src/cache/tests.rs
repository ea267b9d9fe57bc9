use super::*;

fn version(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

#[test]
fn what_was_kept_is_there_again_and_what_was_changed_is_not() {
    let base = tempfile::tempdir().unwrap();
    let (a, b) = (version("a"), version("b"));
    let cache = Cache::open(base.path(), "place", 1_000).unwrap();
    cache.put(&a, b"bytes of a");
    cache.put(&b, b"bytes of b");
    let again = Cache::open(base.path(), "place", 1_000).unwrap();
    assert_eq!(again.get(&a), Some((b"bytes of a".to_vec(), Digest::of(b"bytes of a"))));
    assert_eq!(again.get(&version("c")), None);
    let elsewhere = Cache::open(base.path(), "another place", 1_000).unwrap();
    assert_eq!(elsewhere.get(&a), None, "what is kept of one place answers for no other");
    for changed in [&b"bytes of c"[..], b"bytes of b, and more", b""] {
        let path = again.path(&b, &Digest::of(b"bytes of b"));
        fs::write(&path, changed).unwrap();
        assert_eq!(again.get(&b), None, "{changed:?}");
        assert!(!path.exists(), "it is not looked at again");
        again.put(&b, b"bytes of b");
        assert!(again.get(&b).is_some());
    }
    assert_eq!(held(base.path()).unwrap(), (2, 20));
    assert_eq!(clear(base.path()).unwrap(), (2, 20));
    assert_eq!((held(base.path()).unwrap(), fs::read_dir(base.path()).unwrap().count()), ((0, 0), 0));
}

#[test]
fn no_more_is_kept_than_there_is_room_and_other_places_make_room_first() {
    let base = tempfile::tempdir().unwrap();
    let old = Cache::open(base.path(), "old", 100).unwrap();
    old.put(&version("a"), &[0; 40]);
    old.put(&version("b"), &[0; 40]);
    let new = Cache::open(base.path(), "new", 100).unwrap();
    new.put(&version("c"), &[0; 50]);
    assert_eq!(held(base.path()).unwrap(), (2, 90));
    new.put(&version("d"), &[0; 50]);
    assert_eq!(held(base.path()).unwrap(), (2, 100));
    new.put(&version("e"), &[0; 1]);
    assert_eq!(
        held(base.path()).unwrap(),
        (2, 100),
        "what is kept of a place is not exchanged for more of it"
    );
    assert!(new.get(&version("c")).is_some() && new.get(&version("e")).is_none());
    forget(base.path(), "new").unwrap();
    forget(base.path(), "never there").unwrap();
    assert_eq!(held(base.path()).unwrap(), (0, 0));
}

#[cfg(unix)]
#[test]
fn only_its_user_can_look_into_it_and_a_folder_of_others_is_not_used() {
    use std::os::unix::fs::PermissionsExt as _;

    let base = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
    let cache = Cache::open(base.path(), "place", 1_000).unwrap();
    cache.put(&version("a"), b"a");
    let path = cache.path(&version("a"), &Digest::of(b"a"));
    assert_eq!((mode(&folder(base.path())), mode(&cache.folder), mode(&path)), (0o700, 0o700, 0o600));
    fs::set_permissions(folder(base.path()), fs::Permissions::from_mode(0o750)).unwrap();
    let refused = Cache::open(base.path(), "place", 1_000).unwrap_err();
    assert!(matches!(refused, CacheError::Shared(_)), "{refused}");
    let linked = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(base.path(), folder(linked.path())).unwrap();
    let refused = Cache::open(linked.path(), "place", 1_000).unwrap_err();
    assert!(matches!(refused, CacheError::Shared(_)), "{refused}");
}
