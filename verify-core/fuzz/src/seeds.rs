//! Writes the first corpus of every target into `corpus/`: small inputs that reach far.
//!
//! `cargo run --features seeds --bin seeds` in this folder; needs `openssl`. What a fuzzer finds is not
//! kept here: a defect becomes a test of the crate.

use std::fs;
use std::path::Path;

use verify_core::checkpoint::write_leaves;
use verify_core::digest::Digest;

#[allow(dead_code)]
#[path = "../../tests/support/authority.rs"]
mod authority;
#[allow(dead_code)]
#[path = "../../tests/support/chain.rs"]
mod chain;
#[allow(dead_code)]
#[path = "../../tests/support/documents.rs"]
mod documents;

fn keep(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).expect("the folder can be made");
    fs::write(folder.join(name), bytes).expect("the seed can be written");
}

fn json() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/vectors/jcs");
    for folder in ["input", "output"] {
        for entry in fs::read_dir(vectors.join(folder)).expect("the vectors are there") {
            let entry = entry.expect("the vectors can be listed");
            let name = format!("{folder}-{}", entry.file_name().to_string_lossy());
            keep("canonical_json", &name, &fs::read(entry.path()).expect("a vector can be read"));
        }
    }
    for (name, text) in [
        ("lines", "{\"a\":1}\n{\"b\":[]}\n"),
        ("numbers", "[0,-0,1e21,9007199254740991,9007199254740993,5e-324,1e400,0.1,-1.5]"),
        ("twice", "{\"a\":1,\"\\u0061\":2}"),
        ("deep", "[[[[[[[[[[[[[[[[{\"a\":[]}]]]]]]]]]]]]]]]]"),
        ("surrogates", "{\"\\ud83d\\ude00\":\"\u{1f600}\",\"\u{ffff}\":\"\\ud800\"}"),
        ("members", "{\"a\":[1,{\"b\":2}],\"c\":{},\"d\":[],\"é\":null}"),
    ] {
        keep("canonical_json", name, text.as_bytes());
    }
}

fn records() {
    let mut documents = documents::usual();
    documents.verify_py = b"#".to_vec();
    let mut chain = chain::Chain::start(documents, "acme", "2026-05-01T00:00:00Z");
    chain.snapshot("2026-05-01T08:00:00Z");
    chain.approve_baseline(1, "2026-05-01T12:00:00Z");
    chain.snapshot("2026-05-02T08:00:00Z");
    chain.failure("2026-05-03T08:00:00Z");
    chain.explanation("2026-05-04T08:00:00Z", "2026-05-05T10:00:00Z");
    for (index, link) in chain.links.iter().enumerate() {
        keep("manifest", &format!("{index}.json"), &link.commit);
        keep("package", &format!("{index}.zip"), &link.package);
    }
    // As the target `record` reads them: the choice of record and member, then the content.
    let count = chain.links.len();
    for index in [3, 4, 5] {
        for (member, (name, content)) in chain.links[index].members.iter().enumerate() {
            let choice = u8::try_from(member * count + index).expect("few members");
            let seed = [&[choice], content.as_slice()].concat();
            if name != "verify.py" && (index == 3 || !name.contains('/')) {
                keep("record", &format!("{index}-{}", name.replace('/', "-")), &seed);
            }
        }
    }
}

fn checkpoints() {
    let mut chain = chain::standard_signed(1);
    chain.sign();
    let note = chain.notes[&(chain.links.len() as u64)].clone();
    keep("checkpoint", "note", &note.to_bytes());
    keep("checkpoint", "kept", note.text().as_bytes());
    keep("checkpoint", "proof", &chain.proof(2, &note).to_bytes());
    keep("checkpoint", "leaves", write_leaves(&chain.leaves()).as_bytes());
}

fn tokens() {
    let authority = authority::Authority::start();
    let token = authority.stamp(Digest::of(b"fuzz").as_bytes());
    keep("timestamp", "token", &token);
    keep("timestamp", "certificate", &authority.pem("root"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("authority.pem");
    // Its private key is gone with this process: nothing else will ever verify against it.
    fs::write(path, authority.pem("root")).expect("the certificate can be written");
}

fn main() {
    json();
    records();
    checkpoints();
    tokens();
}
