//! Published answers: the test data of RFC 8785's author, the RFC's own examples, and the ECMAScript
//! number file, which is known by its digests.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use super::*;
use crate::digest::Digest;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/vectors/jcs"))
}

fn from_hex(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

#[test]
fn published_pairs() {
    let limits = Limits::default();
    let names = ["arrays", "french", "structures", "unicode", "values", "weird"];
    assert_eq!(fs::read_dir(folder().join("input")).unwrap().count(), names.len());
    for name in names {
        let input = fs::read(folder().join(format!("input/{name}.json"))).unwrap();
        let output = fs::read(folder().join(format!("output/{name}.json"))).unwrap();
        let hex = fs::read_to_string(folder().join(format!("outhex/{name}.txt"))).unwrap();
        assert_eq!(output, from_hex(&hex), "{name}");

        let value = read(&input, &limits).unwrap();
        assert_eq!(to_vec(&value).unwrap(), output, "{name}");
        assert_eq!(class_of(check(&input, &limits)), Some(CanonClass::NotCanonical), "{name}");
        check(&output, &limits).unwrap();
        assert_eq!(to_vec(&read_canonical(&output, &limits).unwrap()).unwrap(), output, "{name}");
    }
}

// RFC 8785 section 3.2.3: order by UTF-16 code units.
#[test]
fn key_order_of_the_rfc() {
    let input = r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
        "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#;
    let order = [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ];
    let limits = Limits::default();
    let document =
        Document::new(to_vec(&read(input.as_bytes(), &limits).unwrap()).unwrap(), &limits).unwrap();
    let found: Vec<_> = document.members().map(|member| member.value().unwrap()).collect();
    assert_eq!(found, order);
}

/// Every canonical text of a double is accepted, but for integers beyond the exact range.
fn assert_judged(value: f64, text: &str) {
    let limits = Limits::default();
    let outside = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        && value.abs() > 9_007_199_254_740_991.0;
    let expected = outside.then_some(CanonClass::Number);
    assert_eq!(class_of(check(text.as_bytes(), &limits)), expected, "{text}");
    assert_eq!(class_of(read(text.as_bytes(), &limits)), expected, "{text}");
    assert_eq!(class_of(to_vec(&Value::from(value))), expected, "{text}");
}

// RFC 8785 appendix B.
#[test]
fn appendix_b_numbers() {
    for (bits, text) in [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ] {
        let value = f64::from_bits(bits);
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), text);
        assert_judged(value, text);
    }
    for bits in [0x7fff_ffff_ffff_ffff, 0x7ff0_0000_0000_0000, 0xfff0_0000_0000_0000] {
        assert_eq!(class_of(to_vec_of(&f64::from_bits(bits))), Some(CanonClass::Number));
    }
}

/// The doubles of the number file: fixed ones, 2000 in a row, then SHA-256 feeding on itself.
fn number_file() -> impl Iterator<Item = f64> {
    let fixed = fs::read_to_string(folder().join("es6_static_u64.txt")).unwrap();
    let fixed: Vec<u64> = fixed.lines().map(|line| u64::from_str_radix(line, 16).unwrap()).collect();
    let serial = (0..2000).map(|index| 0x0010_0000_0000_0000 + index);
    let mut block = [0_u8; 32];
    let random = std::iter::repeat_with(move || {
        block = *Digest::of(&block).as_bytes();
        block.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect::<Vec<_>>()
    });
    let random = random.flatten().filter(|bits| {
        let value = f64::from_bits(*bits);
        value.is_finite() && value != 0.0
    });
    fixed.into_iter().chain(serial).chain(random).map(f64::from_bits)
}

#[test]
fn number_file_has_the_published_digests() {
    let published = fs::read_to_string(folder().join("es6_sha256.txt")).unwrap();
    let published: Vec<(usize, &str)> = published
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(digest, lines)| (lines.parse().unwrap(), digest))
        .filter(|(lines, _)| *lines <= 100_000)
        .collect();
    assert_eq!(published.len(), 3);
    let mut text = String::new();
    let mut matched = 0;
    for (index, value) in number_file().take(100_000).enumerate() {
        let number = serde_json_canonicalizer::to_string(&value).unwrap();
        assert_judged(value, &number);
        writeln!(text, "{:x},{number}", value.to_bits()).unwrap();
        if let Some((_, digest)) = published.iter().find(|(lines, _)| *lines == index + 1) {
            assert_eq!(Digest::of(text.as_bytes()).to_string(), *digest);
            matched += 1;
        }
    }
    assert_eq!(matched, published.len());
}
