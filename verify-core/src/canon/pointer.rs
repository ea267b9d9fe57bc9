//! JSON pointers (RFC 6901): building them. Following one is `serde_json::Value::pointer`.

use std::borrow::Cow;

/// One reference token, with `~` as `~0` and `/` as `~1`.
#[must_use]
pub fn escape(token: &str) -> Cow<'_, str> {
    if token.contains(['~', '/']) {
        Cow::Owned(token.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(token)
    }
}

/// The text of a reference token; the inverse of [`escape`].
#[must_use]
pub fn unescape(token: &str) -> Cow<'_, str> {
    if token.contains('~') {
        // This order, so that `~01` gives `~1` and not `/` (RFC 6901 section 4).
        Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(token)
    }
}

/// Appends one step to `pointer`.
pub fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    pointer.push_str(&escape(token));
}

/// `pointer` with one step more.
#[must_use]
pub fn join(pointer: &str, token: &str) -> String {
    let mut joined = String::with_capacity(pointer.len() + token.len() + 1);
    joined.push_str(pointer);
    push(&mut joined, token);
    joined
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // The document and pointers of RFC 6901 section 5.
    #[test]
    fn finds_what_rfc_6901_says() {
        let document =
            json!({"a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8, "": 0});
        for (token, pointer, value) in [
            ("a/b", "/a~1b", 1),
            ("c%d", "/c%d", 2),
            ("i\\j", "/i\\j", 5),
            (" ", "/ ", 7),
            ("m~n", "/m~0n", 8),
            ("", "/", 0),
        ] {
            assert_eq!(join("", token), pointer);
            assert_eq!(unescape(&escape(token)), token);
            assert_eq!(document.pointer(pointer), Some(&json!(value)));
        }
        assert_eq!(unescape("~01"), "~1");
        assert_eq!(escape("~1"), "~01");
    }
}
