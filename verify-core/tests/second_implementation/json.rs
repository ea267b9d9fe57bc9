//! Canonical JSON in Python: published answers, and the judgement of `verify_core::canon` on hostile texts.

use std::fs;

use verify_core::canon;

use super::python::with_functions;

fn vectors() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/vectors/jcs").to_owned()
}

#[test]
fn published_canonical_texts() {
    let statements = r"
import os
for name in sorted(os.listdir(sys.argv[2] + '/input')):
    given = open(sys.argv[2] + '/input/' + name, 'rb').read()
    wanted = open(sys.argv[2] + '/output/' + name, 'rb').read()
    reader = v.JsonReader()
    assert reader.write(reader.read(given)) == wanted, name
    v.read_canonical(wanted)
    try:
        v.read_canonical(given)
    except v.JsonFault as fault:
        assert fault.code == 'JSON-CANON', fault.code
    else:
        raise AssertionError(name)
    print(name)
";
    assert_eq!(with_functions(statements, &vectors()).lines().count(), 6);
}

#[test]
fn published_numbers() {
    let statements = r"
import hashlib, struct
def numbers():
    for line in open(sys.argv[2] + '/es6_static_u64.txt'):
        yield int(line, 16)
    yield from range(0x0010000000000000, 0x0010000000000000 + 2000)
    block = bytes(32)
    while True:
        block = hashlib.sha256(block).digest()
        for bits in struct.unpack('<4Q', block):
            value = struct.unpack('<d', struct.pack('<Q', bits))[0]
            if value == value and abs(value) != float('inf') and value != 0:
                yield bits
digest = hashlib.sha256()
for count, bits in enumerate(numbers(), 1):
    value = struct.unpack('<d', struct.pack('<Q', bits))[0]
    digest.update(('%x,%s\n' % (bits, v.number_text(value))).encode())
    if count in (1000, 10000, 100000):
        print(digest.hexdigest(), count)
    if count == 100000:
        break
";
    let published = fs::read_to_string(vectors() + "/es6_sha256.txt").unwrap();
    let expected: Vec<_> = published.lines().take(3).collect();
    assert_eq!(with_functions(statements, &vectors()).lines().collect::<Vec<_>>(), expected);
}

/// Both implementations on the same texts: the same judgement, by the same code.
#[test]
fn hostile_texts_are_refused_by_the_same_code() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let texts: Vec<Vec<u8>> = [
        "{}",
        "[]",
        "\"\"",
        "0",
        "-1",
        "1.5",
        "0.000001",
        "1e-7",
        "1e+21",
        "5e-324",
        "9007199254740991",
        "{\"a\":1e-7,\"b\":[0.00001,1.5]}",
        "{\"\u{20ac}\":1,\"\u{1f600}\":2}",
        "{\"\u{1f600}\":1,\"\u{fb33}\":2}",
        "{\"\u{fb33}\":1,\"\u{1f600}\":2}",
        "\"\\u001f\\b\\t\u{7f}\u{2028}\"",
        // Refused.
        "",
        " 1",
        "1 ",
        "1\n",
        "{} {}",
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,\"\\u0061\":1}",
        "{\"b\":1,\"a\":1}",
        "1.0",
        "-0",
        "-0.0",
        "1E5",
        "1e5",
        "1e21",
        "0.10",
        "01",
        "+1",
        "1.",
        ".5",
        "NaN",
        "Infinity",
        "-Infinity",
        "nul",
        "9007199254740992",
        "-9007199254740992",
        "9007199254740993.0",
        "1e16",
        "1e400",
        "1e-400",
        "1e-324",
        "100000000000000000000000",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\u0041\"",
        "\"\\/\"",
        "\"\\x\"",
        "\"\n\"",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "'a'",
        "//",
        "\u{feff}1",
        "\u{a0}1",
        "\u{0663}",
        "[1 ,2]",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .chain([b"\"\xff\"".to_vec(), b"\"\xed\xa0\x80\"".to_vec(), b"\"\xc0\x80\"".to_vec()])
    .chain([deep(64), deep(65), deep(100_000), "9".repeat(6_000)].map(String::into_bytes))
    .collect();
    let hex = |text: &Vec<u8>| {
        text.iter().fold(String::new(), |mut hex, byte| {
            hex.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap()));
            hex
        })
    };
    let hexed: Vec<String> = texts.iter().map(hex).collect();
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("texts");
    fs::write(&list, hexed.join("\n")).unwrap();
    let statements = r"
for line in open(sys.argv[2]).read().split('\n'):
    try:
        v.read_canonical(bytes.fromhex(line))
        print('canonical')
    except v.JsonFault as fault:
        print(fault.code)
";
    let answers = with_functions(statements, list.to_str().unwrap());
    assert_eq!(answers.lines().count(), texts.len());
    for (text, answer) in texts.iter().zip(answers.lines()) {
        let expected = match canon::check(text, &verify_core::limits::Limits::default()) {
            Ok(()) => "canonical",
            Err(error) => error.class.code().as_str(),
        };
        let shown: String = text.escape_ascii().take(60).map(char::from).collect();
        assert_eq!(answer, expected, "{shown}");
    }
}
