//! Which parent a recorded request was made for: the replay of a kept body needs its key.

use crate::profile::Resource;

const PARENT: &str = "{parent}";

/// The parent's key in the `target` of an exchange (path and query, F-55): the one path segment that
/// stands for `{parent}` in the profile's path, percent-decoded. Whatever path the API base brings
/// before it does not matter. `None` if the target is not one of this resource or names no parent.
#[must_use]
pub fn parent_of_target(resource: &Resource, target: &str) -> Option<String> {
    let (before, after) = resource.path.split_once(PARENT)?;
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    let front = path.strip_suffix(after)?;
    let (base, segment) = front.rsplit_once('/')?;
    if !format!("{base}/").ends_with(before) {
        return None;
    }
    percent_decoded(segment).filter(|key| !key.is_empty())
}

/// The text of a path segment (RFC 3986 section 2.1); `None` if an escape is broken or it is no UTF-8.
fn percent_decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            bytes.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::samples::trunks;

    #[test]
    fn the_parent_is_one_decoded_segment() {
        let resource = Resource { path: "/api/v2/groups/{parent}/individuals".to_owned(), ..trunks() };
        for (target, parent) in [
            ("/api/v2/groups/g-1/individuals?pageSize=1", Some("g-1")),
            ("/base/api/v2/groups/a%2Fb%20%C3%A9/individuals", Some("a/b \u{e9}")),
            ("/api/v2/groups/a/b/individuals", None),
            ("/api/v2/users/g-1/individuals", None),
            ("/api/v2/groups/g-1/individuals/more", None),
            ("/api/v2/groups//individuals", None),
            ("/api/v2/groups/%4/individuals", None),
            ("/api/v2/groups/%FF/individuals", None),
        ] {
            assert_eq!(parent_of_target(&resource, target).as_deref(), parent, "{target}");
        }
        assert_eq!(parent_of_target(&trunks(), "/trunks"), None);
        let last = Resource { path: "/groups/{parent}".to_owned(), ..trunks() };
        assert_eq!(parent_of_target(&last, "/groups/7?x=/groups/8").as_deref(), Some("7"));
    }
}
