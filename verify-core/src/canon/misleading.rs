//! Characters in canonical text that a terminal acts on, hides or reorders (F-142).
//!
//! It reads bytes that were checked before, and most documents hold none of the bytes with which such a
//! character can begin: those are passed over at the speed of memory, and no document tree is built for any.

use super::pointer;
use super::text::{unescape, unescape_one};

/// What was found in one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misleading {
    /// JSON pointer of the string that holds the first; if that is a key, of the object it stands in.
    pub pointer: String,
    /// The first.
    pub first: char,
    /// How many there are.
    pub count: u64,
}

/// Whether a person could be misled by this character without seeing it.
#[must_use]
pub const fn is_misleading(character: char) -> bool {
    matches!(character,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200b}'
        | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}')
}

/// Looks through a text that is canonical JSON.
#[must_use]
pub fn misleading(text: &[u8]) -> Option<Misleading> {
    let mut found = next(text, 0);
    let (first_at, _, first) = found?;
    let mut count = 0;
    while let Some((at, length, _)) = found {
        count += 1;
        found = next(text, at + length);
    }
    Some(Misleading { pointer: pointer_to(text, first_at), first, count })
}

/// Bytes looked at together.
const CHUNK: usize = 64;

/// Bytes at the start of `text` in whole chunks that are plain ASCII without escapes.
fn plain(text: &[u8]) -> usize {
    // The high bit is set by 0x7f and more, and by a backslash; a loop without branches is one of vectors.
    let odd = |chunk: &[u8; CHUNK]| {
        let seen = chunk
            .iter()
            .fold(0_u8, |seen, byte| seen | *byte | byte.wrapping_add(1) | (u8::from(*byte == b'\\') << 7));
        seen & 0x80 != 0
    };
    let (mut length, mut rest) = (0, text);
    while let Some((chunk, after)) = rest.split_first_chunk::<CHUNK>() {
        if odd(chunk) {
            break;
        }
        length += CHUNK;
        rest = after;
    }
    length
}

/// The next such character at or after `at`: where it stands, how many bytes it has there, and itself.
fn next(text: &[u8], mut at: usize) -> Option<(usize, usize, char)> {
    let mut looked_at = at;
    loop {
        if at >= looked_at {
            at += plain(text.get(at..)?);
            looked_at = at + CHUNK;
        }
        let rest = text.get(at..)?;
        let (length, character) = match *rest.first()? {
            b'\\' => {
                let ends = if rest.get(1) == Some(&b'u') { 6 } else { 2 };
                let escape = rest.get(1..ends).and_then(|escape| std::str::from_utf8(escape).ok());
                let (character, length) = escape.and_then(unescape_one).unwrap_or(('\\', 1));
                (length + 1, character)
            }
            // With no other byte can one of them begin.
            0x7f | 0xc2 | 0xd8 | 0xe2 | 0xef | 0xf3 => match character(rest) {
                Some(character) => (character.len_utf8(), character),
                None => (1, ' '),
            },
            _ => (1, ' '),
        };
        if is_misleading(character) {
            return Some((at, length, character));
        }
        at += length;
    }
}

/// The character at the start of these bytes.
fn character(bytes: &[u8]) -> Option<char> {
    let longest = bytes.get(..bytes.len().min(4))?;
    let valid = match std::str::from_utf8(longest) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(longest.get(..error.valid_up_to())?).ok()?,
    };
    valid.chars().next()
}

/// An open object with its newest key, or an open array with the number of its newest element.
enum Open<'a> {
    Object { key: &'a [u8], in_value: bool },
    Array(usize),
}

/// The pointer of the string in which the byte at `target` stands.
fn pointer_to(text: &[u8], target: usize) -> String {
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut at = 0;
    while at <= target {
        let Some(byte) = text.get(at) else { break };
        match byte {
            b'{' => open.push(Open::Object { key: &[], in_value: false }),
            b'[' => open.push(Open::Array(0)),
            b'}' | b']' => drop(open.pop()),
            b',' => match open.last_mut() {
                Some(Open::Array(index)) => *index += 1,
                Some(Open::Object { in_value, .. }) => *in_value = false,
                None => {}
            },
            b':' => {
                if let Some(Open::Object { in_value, .. }) = open.last_mut() {
                    *in_value = true;
                }
            }
            b'"' => {
                let length = string_length(text.get(at + 1..).unwrap_or_default());
                let end = at + 1 + length;
                if target < end {
                    break;
                }
                if let Some(Open::Object { key, in_value: false }) = open.last_mut() {
                    *key = text.get(at + 1..end).unwrap_or_default();
                }
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    let mut path = String::new();
    for step in &open {
        match step {
            Open::Object { key, in_value: true } => {
                pointer::push(&mut path, &unescape(key).unwrap_or_default());
            }
            Open::Object { in_value: false, .. } => {}
            Open::Array(index) => pointer::push(&mut path, &index.to_string()),
        }
    }
    path
}

/// Bytes of a string up to its closing quote.
fn string_length(rest: &[u8]) -> usize {
    let mut escaped = false;
    let end = rest.iter().position(|byte| {
        let ends = !escaped && *byte == b'"';
        escaped = !escaped && *byte == b'\\';
        ends
    });
    end.unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::canon::to_vec;

    fn found(value: &Value) -> Option<(String, char, u64)> {
        let found = misleading(&to_vec(value).unwrap())?;
        Some((found.pointer, found.first, found.count))
    }

    #[test]
    fn every_such_character_is_found_wherever_it_stands_and_no_other() {
        for number in 0..=0x10_ffff_u32 {
            let Some(character) = char::from_u32(number) else { continue };
            let expected = is_misleading(character).then(|| (String::new(), character, 1));
            assert_eq!(found(&json!(format!("a{character}b"))), expected, "{number:x}");
        }
        // What people write is none of them.
        for text in
            ["\t\n\r", "ä € 漢 \u{200d}👩‍👧 e\u{301}", "\\u001b", "\\b", "C:\\\\f", "\u{2028}", "\u{a0}"]
        {
            assert_eq!(found(&json!(text)), None, "{text}");
        }
    }

    #[test]
    fn the_first_is_named_by_its_pointer_and_all_are_counted() {
        let esc = "x\u{1b}[31m";
        for (value, pointer, count) in [
            (json!({"a": [1, {"b/c": esc}]}), "/a/1/b~1c", 1),
            (json!({"a": {"q\"}": "y", "z": [[], [esc, esc]]}}), "/a/z/1/0", 2),
            (json!({"a": {"b\u{7f}": 1}}), "/a", 1),
            (json!([{esc: esc}]), "/0", 2),
            (json!({"a": "\\\",:[{", "b": "\u{202e}"}), "/b", 1),
            (json!({"\u{feff}": 1}), "", 1),
        ] {
            let (found, _, number) = found(&value).unwrap();
            assert_eq!((found.as_str(), number), (pointer, count), "{value}");
        }
    }

    /// As a person would say it: walk the tree in the order of the text.
    fn slow(value: &Value, at: &str, all: &mut Vec<(String, char)>) {
        let of = |text: &str, at: &str, all: &mut Vec<(String, char)>| {
            all.extend(text.chars().filter(|c| is_misleading(*c)).map(|c| (at.to_owned(), c)));
        };
        match value {
            Value::String(text) => of(text, at, all),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(n, item)| slow(item, &format!("{at}/{n}"), all));
            }
            Value::Object(members) => {
                let mut keys: Vec<&String> = members.keys().collect();
                keys.sort_by_key(|key| key.encode_utf16().collect::<Vec<_>>());
                for key in keys {
                    of(key, at, all);
                    slow(&members[key], &pointer::join(at, key), all);
                }
            }
            _ => {}
        }
    }

    fn any_text() -> impl Strategy<Value = String> {
        let letter = prop_oneof![
            8 => proptest::char::range('a', 'z'),
            1 => Just('"'), 1 => Just('\\'), 1 => Just('ß'), 1 => Just('\u{1b}'), 1 => Just('\u{8}'),
            1 => Just('\u{85}'), 1 => Just('\u{202e}'), 1 => Just('\u{e0041}'), 1 => Just('漢'), 1 => Just('\n'),
        ];
        proptest::collection::vec(letter, 0..90).prop_map(|letters| letters.into_iter().collect())
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![any_text().prop_map(Value::String), Just(Value::Null), Just(json!(-1.5))];
        leaf.prop_recursive(4, 24, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
                proptest::collection::btree_map(any_text(), inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn bytes_and_tree_say_the_same(value in any_value()) {
            let mut all = Vec::new();
            slow(&value, "", &mut all);
            let expected = all.first().map(|(at, first)| (at.clone(), *first, all.len() as u64));
            prop_assert_eq!(found(&value), expected);
        }
    }
}
