//! The fast pass against an oracle that shares no code with it: parse, write canonically, compare.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Number};

use super::*;

fn any_text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        8 => any::<u8>().prop_map(|byte| char::from(byte & 0x7f)),
        2 => select(vec!['"', '\\', '/', '\u{0}', '\u{8}', '\n', '\u{1f}', ' ', '!', '~', '\u{7f}']),
        1 => select(vec!['\u{80}', '\u{d7ff}', '\u{e000}', '\u{fb33}', '\u{ffff}', '\u{10000}', '\u{10ffff}']),
        1 => any::<char>(),
    ];
    vec(character, 0..20).prop_map(String::from_iter)
}

fn any_number() -> impl Strategy<Value = Value> {
    let exact = 9_007_199_254_740_991_i64;
    prop_oneof![
        (-1000_i64..1000).prop_map(Value::from),
        (-exact..=exact).prop_map(Value::from),
        (any::<i32>(), 0..9)
            .prop_map(|(digits, places)| Value::from(f64::from(digits) / 10_f64.powi(places))),
        any::<u64>()
            .prop_map(f64::from_bits)
            .prop_filter("refused numbers", |value| value.is_finite() && !number::is_inexact_integer(*value))
            .prop_map(|value| Number::from_f64(value).map_or(Value::Null, Value::Number)),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any_number(),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(any_text(), inner, 0..6).prop_map(|map| Value::Object(Map::from_iter(map))),
        ]
    })
}

fn any_document() -> impl Strategy<Value = Map<String, Value>> {
    btree_map(any_text(), any_value(), 0..8).prop_map(Map::from_iter)
}

/// Pieces that make and break JSON, thrown together: mostly broken, often nearly right.
fn any_json_like_text() -> impl Strategy<Value = Vec<u8>> {
    let piece = select(
        [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\"a\"",
            "\"b\":",
            "{\"a\":",
            "\\",
            "\\n",
            "\\u000",
            "\\u001f",
            "\\ud83d",
            "\\ude02",
            "0",
            "1",
            "-",
            "+",
            ".",
            "e",
            "e+21",
            "E",
            "1.5",
            "9007199254740991",
            "true",
            "null",
            " ",
            "\n",
            "\u{e000}",
            "\u{10000}",
            "00000",
            "123456789",
        ]
        .map(|piece| piece.as_bytes().to_vec())
        .into_iter()
        .chain([vec![0xff], vec![0xc3], vec![0xed, 0xa0, 0x80], vec![0]])
        .collect::<Vec<_>>(),
    );
    vec(piece, 0..9).prop_map(|pieces| pieces.concat())
}

/// Number-like texts: the part of the grammar where spellings are many.
fn any_number_like_text() -> impl Strategy<Value = String> {
    "-?(0|[0-9]{1,3}|[0-9]{14,22})(\\.(0{0,8}[0-9]{0,3}|[0-9]{0,18}))?([eE][+-]?[0-9]{1,3})?"
}

/// Both ways must agree, and a refusal must not contradict the strict reader.
fn assert_agreement(bytes: &[u8]) {
    let limits = Limits::default();
    let fast = check(bytes, &limits);
    assert_eq!(fast.is_ok(), is_canonical_the_slow_way(bytes), "{}: {fast:?}", bytes.escape_ascii());
    let strict = read(bytes, &limits);
    match (fast, &strict) {
        (Err(error), Ok(_)) => assert_eq!(error.class, CanonClass::NotCanonical),
        (Err(fast), Err(strict)) => assert_eq!(&fast, strict),
        (Ok(()), strict) => assert!(strict.is_ok()),
    }
    // What the strict reader lets pass, the parser alone reads too; what it refuses as broken, so does the parser.
    let parsed = serde_json::from_slice::<Value>(bytes);
    match strict {
        Ok(value) => assert_eq!(value, parsed.unwrap()),
        Err(error) if matches!(error.class, CanonClass::Syntax | CanonClass::Trailing | CanonClass::Utf8) => {
            assert!(parsed.is_err(), "{}: {error}", bytes.escape_ascii());
        }
        Err(_) => {}
    }
    let kept = layout(bytes, &limits);
    assert_eq!(kept.is_ok(), check(bytes, &limits).is_ok() && bytes.starts_with(b"{"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_accepted(value in any_value()) {
        let bytes = to_vec(&value).unwrap();
        prop_assert_eq!(check(&bytes, &Limits::default()), Ok(()));
        prop_assert_eq!(to_vec(&read_canonical(&bytes, &Limits::default()).unwrap()).unwrap(), bytes.clone());
        prop_assert_eq!(to_vec_of(&value).unwrap(), bytes);
    }

    #[test]
    fn spaced_and_unsorted_texts_agree(value in any_value()) {
        assert_agreement(&serde_json::to_vec(&value).unwrap());
        assert_agreement(&serde_json::to_vec_pretty(&value).unwrap());
    }

    #[test]
    fn mutated_texts_agree(
        value in any_value(),
        mutations in vec((any::<Index>(), 0..4_u8, any::<u8>()), 1..4),
    ) {
        let mut bytes = to_vec(&value).unwrap();
        for (index, kind, byte) in mutations {
            let at = index.index(bytes.len() + 1);
            match (kind, at < bytes.len()) {
                (0, true) => bytes[at] = byte,
                (1, true) => bytes[at] ^= 1 << (byte % 8),
                (2, true) => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
        }
        assert_agreement(&bytes);
    }

    #[test]
    fn pieces_of_one_text_inside_another_agree(
        left in any_value(),
        right in any_value(),
        (from, to, at) in any::<(Index, Index, Index)>(),
    ) {
        let (mut left, right) = (to_vec(&left).unwrap(), to_vec(&right).unwrap());
        let (from, to) = (from.index(right.len() + 1), to.index(right.len() + 1));
        let at = at.index(left.len() + 1);
        left.splice(at..at, right[from.min(to)..from.max(to)].iter().copied());
        assert_agreement(&left);
    }

    #[test]
    fn json_like_texts_agree(bytes in any_json_like_text()) {
        assert_agreement(&bytes);
    }

    #[test]
    fn number_like_texts_agree(text in any_number_like_text()) {
        assert_agreement(text.as_bytes());
        assert_agreement(format!("[{text},{text}]").as_bytes());
    }

    #[test]
    fn key_order_agrees(left in any_text(), right in any_text()) {
        let mut text = b"{".to_vec();
        text::push_string(&mut text, &left);
        text.extend_from_slice(b":1,");
        text::push_string(&mut text, &right);
        text.extend_from_slice(b":2}");
        assert_agreement(&text);
    }

    #[test]
    fn strings_are_written_as_the_canonicalizer_does(string in any_text()) {
        let mut written = Vec::new();
        text::push_string(&mut written, &string);
        prop_assert_eq!(to_vec(&Value::from(string.clone())).unwrap(), written.clone());
        let raw = &written[1..written.len() - 1];
        prop_assert_eq!(text::unescape(raw).unwrap(), string);
    }

    #[test]
    fn layout_gives_every_part_and_nothing_else(object in any_document()) {
        let bytes = to_vec(&Value::Object(object.clone())).unwrap();
        let document = Document::new(bytes.clone(), &Limits::default()).unwrap();
        prop_assert_eq!(document.members().len(), object.len());

        let mut joined = Vec::new();
        for member in document.members() {
            joined.push(if joined.is_empty() { b'{' } else { b',' });
            text::push_string(&mut joined, member.name());
            joined.push(b':');
            prop_assert_eq!(member.range().start, joined.len());
            match member.elements() {
                Some(elements) => {
                    joined.push(b'[');
                    joined.extend(elements.collect::<Vec<_>>().join(&b','));
                    joined.push(b']');
                }
                None => joined.extend_from_slice(member.bytes()),
            }
            prop_assert_eq!(member.range().end, joined.len());

            let value = &object[member.name()];
            prop_assert_eq!(member.bytes(), to_vec(value).unwrap());
            prop_assert_eq!(document.member(member.name()).unwrap().bytes(), member.bytes());
            prop_assert_eq!(member.elements().is_some(), value.is_array());
            if let (Some(elements), Some(expected)) = (member.elements(), value.as_array()) {
                prop_assert_eq!(elements.len(), expected.len());
                prop_assert_eq!(elements.get(expected.len()), None);
                for (index, (element, expected)) in elements.clone().zip(expected).enumerate() {
                    prop_assert_eq!(element, to_vec(expected).unwrap());
                    prop_assert_eq!(elements.get(index), Some(element));
                }
            }
        }
        joined.extend_from_slice(if joined.is_empty() { b"{}" } else { b"}" });
        prop_assert_eq!(joined, bytes);
    }
}

#[test]
fn every_single_byte_change_of_a_document_agrees() {
    let text = br#"{"a":[1,-2.5,1e+30,{"":null}],"b\n":"x\"\u001f\\","z":[true,false]}"#;
    assert_eq!(check(text, &Limits::default()), Ok(()));
    for at in 0..text.len() {
        for byte in 0..=u8::MAX {
            let mut changed = text.to_vec();
            changed[at] = byte;
            assert_agreement(&changed);
        }
        assert_agreement(&text[..at]);
    }
}

#[test]
fn a_root_that_is_no_object_has_no_layout() {
    for text in ["[]", "1", "\"a\"", "null"] {
        let error = layout(text.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(error.class, CanonClass::NotCanonical);
        assert!(error.detail.contains("object"), "{error}");
    }
    assert_eq!(class_of(layout(b"[", &Limits::default())), Some(CanonClass::Syntax));
    let empty = Document::new(b"{}".to_vec(), &Limits::default()).unwrap();
    assert_eq!((empty.members().len(), empty.bytes()), (0, &b"{}"[..]));
}
