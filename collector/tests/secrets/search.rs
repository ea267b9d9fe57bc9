//! The search for secrets in every form in which they travel, in everything that a run leaves behind.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use verify_core::limits::Limits;
use verify_core::package::{Inflater, scan};

use super::place::Place;

/// What is searched for: a name for the report, and the bytes.
pub(crate) struct Search(Vec<(String, Vec<u8>)>);

impl Search {
    /// Every form of these texts, each with its name.
    pub(crate) fn of(texts: &[(&str, &str)]) -> Self {
        let mut needles = Vec::new();
        for (name, text) in texts {
            for (form, bytes) in forms(text) {
                needles.push((format!("{name} {form}"), bytes));
            }
        }
        Self(needles)
    }

    /// The forms that stand in `bytes`.
    pub(crate) fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        self.0.iter().filter(|(_, needle)| holds(needle)).map(|(form, _)| form.as_str()).collect()
    }

    /// Where any form stands: in what was told, and in every file of the place but `except`, packed members included.
    pub(crate) fn places(&self, place: &Place, except: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for (where_, bytes) in haystacks(place, except) {
            found.extend(self.found_in(&bytes).iter().map(|form| format!("{form} in {where_}")));
        }
        found
    }
}

/// Everything that a run leaves behind, each with a name.
pub(crate) fn haystacks(place: &Place, except: &[&str]) -> Vec<(String, Vec<u8>)> {
    let mut all = vec![("what was told".to_owned(), place.told())];
    let mut folders = vec![place.folder().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !except.contains(&name(&path, place).as_str()) {
                all.extend(contents(&path, &name(&path, place)));
            }
        }
    }
    all
}

fn name(path: &Path, place: &Place) -> String {
    path.strip_prefix(place.folder()).unwrap().to_str().unwrap().to_owned()
}

fn contents(path: &PathBuf, name: &str) -> Vec<(String, Vec<u8>)> {
    let bytes = std::fs::read(path).unwrap();
    let mut all = Vec::new();
    if path.extension().is_some_and(|ending| ending == "zip") {
        let container = scan(&bytes, &Limits::default()).unwrap();
        for (number, member) in container.members().iter().enumerate() {
            all.push((format!("{name}, member {number}"), Inflater::new().read(member).unwrap().0.clone()));
        }
    }
    all.push((name.to_owned(), bytes));
    all
}

/// `text` as it is, and as it stands in addresses, forms, JSON, and in base64 alone or within something longer.
pub(crate) fn forms(text: &str) -> Vec<(String, Vec<u8>)> {
    let percent: String = text
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    let quoted = |text: &str| serde_json::to_string(text).unwrap().trim_matches('"').to_owned();
    let json = quoted(text);
    let mut forms = vec![
        ("as it is", text.to_owned()),
        ("percent-encoded", percent.clone()),
        ("percent-encoded in lower case", percent.to_ascii_lowercase()),
        ("as a form", percent.replace("%20", "+")),
        ("as JSON", json.clone()),
        ("as JSON within JSON", quoted(&json)),
        (
            "in hexadecimal",
            text.bytes()
                .flat_map(|byte| [byte >> 4, byte & 15])
                .filter_map(|half| char::from_digit(half.into(), 16))
                .collect(),
        ),
        ("in base64", STANDARD.encode(text)),
        ("in base64 for addresses", URL_SAFE_NO_PAD.encode(text)),
        ("percent-encoded, in base64", STANDARD_NO_PAD.encode(&percent)),
    ];
    // Within something longer the letters depend on where a group of three begins; those at the edges also on what
    // stands beside it.
    for (inner, what) in [(text, "inside of base64"), (percent.as_str(), "percent-encoded, inside of base64")]
    {
        for before in 1..3 {
            let encoded = STANDARD_NO_PAD.encode(format!("{}{inner}", "x".repeat(before)));
            let whole = encoded.len() - encoded.len() % 4;
            forms.push((what, encoded[4..whole].to_owned()));
        }
    }
    let mut named: Vec<(String, Vec<u8>)> =
        forms.into_iter().map(|(form, text)| (form.to_owned(), text.into_bytes())).collect();
    named.dedup_by(|one, other| one.1 == other.1);
    named
}

#[test]
fn the_search_finds_every_form_it_knows() {
    let text = r#"a"b\c d/e=f+g 0123456789"#;
    let search = Search::of(&[("marker", text)]);
    for (form, bytes) in forms(text) {
        let around = [b"before ".as_slice(), &bytes, b" after"].concat();
        assert!(!search.found_in(&around).is_empty(), "{form}");
    }
    // The pair of basic authentication, at every offset within a group of three.
    for client in ["a", "ab", "abc"] {
        let pair = STANDARD.encode(format!("{client}:{text}"));
        assert!(!search.found_in(pair.as_bytes()).is_empty(), "{client}");
        let pair =
            STANDARD.encode(format!("{client}:{}", String::from_utf8(forms(text)[1].1.clone()).unwrap()));
        assert!(!search.found_in(pair.as_bytes()).is_empty(), "{client}, percent-encoded");
    }
    assert!(search.found_in(b"a b c d e f g 0123456789").is_empty());
}
