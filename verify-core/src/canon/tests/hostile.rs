//! Hand-made texts, each with the exact class it must be refused with.

use serde_json::json;

use super::*;
use crate::digest::Digest;
use CanonClass::{DuplicateKey, NotCanonical, Number, Syntax, Trailing, Utf8};

#[test]
fn canonical_texts_are_accepted() {
    for text in [
        "null",
        "true",
        "false",
        "0",
        "-1",
        "\"\"",
        "[]",
        "{}",
        "9007199254740991",
        "-9007199254740991",
        "999999999999999",
        "0.1",
        "-0.5",
        "0.000001",
        "1e-7",
        "1.5e-7",
        "1e+21",
        "1.7976931348623157e+308",
        "5e-324",
        "123456789012345.6",
        "4503599627370495.5",
        "0.30000000000000004",
        r#""\"\\\b\f\n\r\t\u0000\u001f/""#,
        "\"\u{7f}\u{80}\u{2028}\u{ffff}\u{10ffff}\"",
        r#"{"":0,"a":{"b":[1,[2],{}]},"aa":null}"#,
        // U+10000 is D800 DC00 in UTF-16, hence before U+E000 and U+FFFF, though its UTF-8 is larger.
        "{\"\u{d7ff}\":1,\"\u{10000}\":2,\"\u{e000}\":3,\"\u{ffff}\":4}",
        // An escaped key is ordered by what it means: U+0009 before `!`, `\` after `[`.
        r#"{"\t":1,"!":2,"[":3,"\\":4,"]":5}"#,
    ] {
        assert_eq!(check(text.as_bytes(), &Limits::default()), Ok(()), "{text}");
        assert!(is_canonical_the_slow_way(text.as_bytes()), "{text}");
    }
}

#[test]
fn valid_but_not_canonical() {
    for text in [
        " {}",
        "{}\n",
        "{ }",
        "[1, 2]",
        "[1 ,2]",
        r#"{"a" :1}"#,
        r#"{"a": 1}"#,
        "[\n]",
        r#"{"b":1,"a":2}"#,
        r#"{"aa":1,"a":2}"#,
        "{\"\u{e000}\":1,\"\u{10000}\":2}",
        r#"{"!":1,"\t":2}"#,
        r#""\u0061""#,
        r#""\/""#,
        r#""\u000A""#,
        r#""\u000a""#,
        r#""\u001F""#,
        r#""\u007f""#,
        r#""\u20ac""#,
        r#""\ud83d\ude02""#,
        "-0",
        "0.0",
        "-0.0",
        "1.0",
        "1.50",
        "1E5",
        "1e5",
        "1e0",
        "1e-6",
        "0.0000001",
        "1e21",
        "1e+021",
        "1.0e+21",
        "10e+20",
        "123456789012345.60",
        "0.1000000000000000055511151231257827",
        "4503599627370495.50",
    ] {
        assert_eq!(class_of(check(text.as_bytes(), &Limits::default())), Some(NotCanonical), "{text}");
        assert!(read(text.as_bytes(), &Limits::default()).is_ok(), "{text}");
        assert!(!is_canonical_the_slow_way(text.as_bytes()), "{text}");
    }
}

#[test]
fn refused_by_both_readers_for_one_reason() {
    let cases: &[(&[u8], CanonClass, u64)] = &[
        (b"", Syntax, 0),
        (b" ", Syntax, 1),
        (b"\xef\xbb\xbf{}", Syntax, 0),
        (b"{", Syntax, 1),
        (b"[1,2", Syntax, 4),
        (b"[1,]", Syntax, 3),
        (b"[,1]", Syntax, 1),
        (b"{\"a\":1,}", Syntax, 7),
        (b"{\"a\"}", Syntax, 4),
        (b"{a:1}", Syntax, 1),
        (b"{1:1}", Syntax, 1),
        (b"[1}", Syntax, 2),
        (b"nul", Syntax, 0),
        (b"True", Syntax, 0),
        (b"NaN", Syntax, 0),
        (b"Infinity", Syntax, 0),
        (b"+1", Syntax, 0),
        (b"01", Syntax, 0),
        (b"-01", Syntax, 0),
        (b"-", Syntax, 1),
        (b".5", Syntax, 0),
        (b"1.", Syntax, 2),
        (b"1.e5", Syntax, 2),
        (b"1e", Syntax, 2),
        (b"1e+", Syntax, 3),
        (b"'a'", Syntax, 0),
        (b"// c\n1", Syntax, 0),
        (b"\"a", Syntax, 2),
        (b"\"a\nb\"", Syntax, 2),
        (b"\"a\0\"", Syntax, 2),
        (b"\"\\x\"", Syntax, 1),
        (b"\"\\u12\"", Syntax, 1),
        (b"\"\\u+123\"", Syntax, 1),
        (b"\"\\\"", Syntax, 3),
        (b"{}x", Trailing, 2),
        (b"{}{}", Trailing, 2),
        (b"1 2", Trailing, 2),
        (b"0x10", Trailing, 1),
        (b"{}\0", Trailing, 2),
        (b"\"\xff\"", Utf8, 1),
        (b"\"\xc0\xaf\"", Utf8, 1),
        (b"\"\xed\xa0\x80\"", Utf8, 1),
        (b"\"\xf4\x90\x80\x80\"", Utf8, 1),
        (b"\"ab\xe2\x82\"", Utf8, 3),
        (b"{}\xff", Utf8, 2),
        (b"\"\\ud800\"", Utf8, 1),
        (b"\"\\udc00\\ud800\"", Utf8, 1),
        (b"\"\\ud800\\u0041\"", Utf8, 1),
        (b"\"\\ud800x\"", Utf8, 1),
        (b"{\"a\":1,\"a\":1}", DuplicateKey, 7),
        (b"{\"a\":1,\"b\":2,\"a\":3}", DuplicateKey, 13),
        (b"{\"a\":1,\"\\u0061\":2}", DuplicateKey, 7),
        (b"[{\"x\":{\"\":1,\"\":2}}]", DuplicateKey, 12),
        (b"{\"\\\"\":1,\"\\u0022\":2}", DuplicateKey, 8),
        (b"9007199254740992", Number, 0),
        (b"-9007199254740992", Number, 0),
        (b"[1,9007199254740993]", Number, 3),
        (b"18446744073709551615", Number, 0),
        (b"18446744073709551616", Number, 0),
        (b"1000000000000000000000000000000", Number, 0),
        (b"1e17", Number, 0),
        (b"9007199254740992.0", Number, 0),
        (b"1e400", Number, 0),
        (b"-1e400", Number, 0),
        (b"1e-400", Number, 0),
        (b"0.000e-400", NotCanonical, 0),
    ];
    for (bytes, class, offset) in cases {
        let shown = bytes.escape_ascii();
        let error = check(bytes, &Limits::default()).unwrap_err();
        if *class == NotCanonical {
            assert_eq!(error.class, NotCanonical, "{shown}");
            continue;
        }
        assert_eq!((error.class, error.offset), (*class, *offset), "{shown}: {error}");
        assert_eq!(read(bytes, &Limits::default()), Err(error.clone()), "{shown}");
        assert_eq!(read_canonical(bytes, &Limits::default()), Err(error), "{shown}");
    }
}

#[test]
fn very_long_numbers_are_refused() {
    for digits in [400, 200_000] {
        let text = "7".repeat(digits);
        assert_eq!(class_of(read(text.as_bytes(), &Limits::default())), Some(Number));
        let error = check(text.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(error.class, Number);
        assert!(error.detail.len() < 200, "the error must not repeat the whole number");
    }
}

#[test]
fn depth_is_limited_whatever_the_limit_says() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let limits = Limits::default();
    assert_eq!(limits.json_depth, 64);
    assert_eq!(check(nested(64).as_bytes(), &limits), Ok(()));
    assert!(read(nested(64).as_bytes(), &limits).is_ok());
    for depth in [65, 1_000_000] {
        for result in
            [check(nested(depth).as_bytes(), &limits), read(nested(depth).as_bytes(), &limits).map(drop)]
        {
            let error = result.unwrap_err();
            assert_eq!((error.class, error.offset), (CanonClass::Limits, 64));
        }
    }
    let lax = Limits { json_depth: usize::MAX, ..limits };
    assert!(read(nested(MAX_DEPTH).as_bytes(), &lax).is_ok());
    assert_eq!(check(nested(MAX_DEPTH).as_bytes(), &lax), Ok(()));
    assert_eq!(class_of(check(nested(MAX_DEPTH + 1).as_bytes(), &lax)), Some(CanonClass::Limits));
    assert_eq!(class_of(read(nested(MAX_DEPTH + 1).as_bytes(), &lax)), Some(CanonClass::Limits));
    // Breadth is no depth.
    let wide = format!("[{}]", vec!["[{}]"; 1000].join(","));
    assert_eq!(check(wide.as_bytes(), &Limits { json_depth: 3, ..limits }), Ok(()));
    assert_eq!(
        class_of(check(wide.as_bytes(), &Limits { json_depth: 2, ..limits })),
        Some(CanonClass::Limits)
    );
}

#[test]
fn size_is_limited_before_reading() {
    let limits = Limits { member_bytes: 4, ..Limits::default() };
    assert_eq!(check(b"[12]", &limits), Ok(()));
    for result in
        [check(b"[123]", &limits), read(b"[123]", &limits).map(drop), layout(b"[123]", &limits).map(drop)]
    {
        assert_eq!(class_of(result), Some(CanonClass::Limits));
    }
}

#[test]
fn errors_name_the_place_but_no_value() {
    let error = check(br#"{"token":"secret","token":"secret"}"#, &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "key \"token\" given twice at byte 18");
    assert_eq!(error.class.code().as_str(), "JSON-DUPKEY");
    // A key that would move the cursor of a terminal is shown escaped.
    let error = read("{\"\u{9b}2J\":1,\"\u{9b}2J\":1}".as_bytes(), &Limits::default()).unwrap_err();
    assert_eq!(error.detail, "key \"\\u{9b}2J\" given twice");
}

#[test]
fn writing_refuses_what_it_would_round() {
    for number in [json!(9_007_199_254_740_992_u64), json!(u64::MAX), json!(i64::MIN), json!(1e17)] {
        assert_eq!(class_of(to_vec(&number)), Some(Number), "{number}");
    }
    assert_eq!(to_vec(&json!([1.0, 1e30, -0.0])).unwrap(), b"[1,1e+30,0]");
    assert_eq!(class_of(to_vec_of(&u128::MAX)), Some(Number));
    assert_eq!(class_of(to_vec_of(&f64::NAN)), Some(Number));
    assert_eq!(class_of(to_vec_of(&f32::INFINITY)), Some(Number));
    assert_eq!(to_vec_of(&(1_u8, "a", Some(false), ())).unwrap(), br#"[1,"a",false,null]"#);
}

#[derive(serde::Serialize)]
struct Doubled {
    #[serde(rename = "a")]
    first: u8,
    #[serde(flatten)]
    rest: std::collections::BTreeMap<&'static str, u8>,
}

#[test]
fn writing_refuses_one_key_for_two_fields() {
    let doubled = Doubled { first: 1, rest: [("a", 2)].into() };
    assert_eq!(class_of(to_vec_of(&doubled)), Some(DuplicateKey));
    let single = Doubled { first: 1, rest: [("A", 2)].into() };
    assert_eq!(to_vec_of(&single).unwrap(), br#"{"A":2,"a":1}"#);
}

/// Any crate of a build can switch these features on for all; each would change what a number means
/// (`arbitrary_precision`) or how deep the parser recurses (`unbounded_depth`).
#[test]
fn the_parser_is_built_without_dangerous_features() {
    let number: Value = serde_json::from_str("1.10").unwrap();
    assert_eq!(number.to_string(), "1.1", "arbitrary_precision keeps the text of a number");
    assert!(serde_json::from_str::<Value>("1e400").is_err(), "arbitrary_precision has no overflow");
    let key: Value = serde_json::from_str(r#"{"$serde_json::private::Number":"1"}"#).unwrap();
    assert!(key.is_object(), "arbitrary_precision makes a number of this object");
    let deep = "[".repeat(128) + &"]".repeat(128);
    let error = serde_json::from_str::<Value>(&deep).unwrap_err();
    assert!(error.to_string().starts_with("recursion limit exceeded"), "{error}");
}

#[test]
fn digest_map_is_the_digest_of_the_canonical_object() {
    let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
    let names = ["users", "a\"\\\n\u{1}", "\u{10000}", "\u{e000}", ""];
    let object: serde_json::Map<_, _> =
        names.iter().map(|name| ((*name).to_owned(), Value::from(a.to_string()))).collect();
    let expected = Digest::of(&to_vec(&Value::Object(object)).unwrap());
    assert_eq!(digest_map(names.map(|name| (name, a))), expected);
    assert_eq!(digest_map(names.iter().rev().map(|name| (*name, a))), expected);
    // printf '{}' | sha256sum
    let empty = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    assert_eq!(digest_map([]).to_string(), empty);
    assert_ne!(digest_map([("x", a), ("x", b)]), digest_map([("x", a)]));
    assert_ne!(digest_map([("x", a), ("x", b)]), digest_map([("x", b)]));
    assert_eq!(digest_map([("x", a), ("x", b)]), digest_map([("x", b), ("x", a)]));
}
