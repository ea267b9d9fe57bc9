//! Both implementations over the same evidence: the same findings at the same places, for every code
//! that the format marks *both*, and the same exit code.
//!
//! A finding is compared by code, record, file, member and pointer. Offsets of bytes are left out: the
//! format calls them an aid (F-115).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use verify_core::coverage::Period;
use verify_core::digest::Digest;
use verify_core::finding::{Code, Finding};
use verify_core::source::Folder;
use verify_core::verify::{
    InProcessEvaluators, KeptCheckpoint, KnownRecord, Options, Pin, Silent, TrustedKey, verify,
};

use super::chain::time;
use super::python::{Files, with_functions};

/// One folder of evidence, or one package alone as a file without a name, and how it is asked about.
#[derive(Clone, Default)]
pub(crate) struct Case {
    pub(crate) files: Files,
    /// Last moment of the period.
    pub(crate) to: Option<&'static str>,
    /// A record kept from outside.
    pub(crate) head: Option<KnownRecord>,
    /// Keys given from outside.
    pub(crate) keys: Vec<TrustedKey>,
    /// Checkpoints kept outside.
    pub(crate) anchors: Vec<KeptCheckpoint>,
    /// Digests of rules and baselines given from outside.
    pub(crate) pins: Vec<Pin>,
    /// Codes of which each must be found, or none at all if there is none; not asked where it is `None`.
    pub(crate) must: Option<Vec<String>>,
}

impl Case {
    /// Over the days before the one that has no record.
    pub(crate) fn to_gap(files: Files) -> Self {
        Self { files, to: Some("2026-05-03T23:59:59Z"), ..Self::default() }
    }
}

pub(crate) type Cases = BTreeMap<String, Case>;

/// Judges every folder in one process: starting Python costs more than judging a small chain.
const EACH: &str = r"
import json, os
for name in sorted(os.listdir(sys.argv[2] + '/evidence')):
    with open(sys.argv[2] + '/asked/' + name) as handle:
        asked = json.load(handle)
    last = v.seconds(asked['to']) if asked['to'] else None
    head = tuple(asked['head']) if asked['head'] else None
    keys = [(v.VerifierKey(key), first, to) for key, first, to in asked['keys']]
    anchors = [(kept, v.Note(bytes.fromhex(note), kept=True), leaves and [bytes.fromhex(leaf) for leaf in leaves])
               for kept, note, leaves in asked['anchors']]
    result = v.verify(sys.argv[2] + '/evidence/' + name, None, last, head, keys, anchors, [tuple(pin) for pin in asked['pins']])
    rows = [[row[part] for part in ('code', 'sequence', 'file', 'member', 'pointer')] for row in result['findings']]
    print(json.dumps([name, result['exit_code'], rows]))
";

/// Code, record, file, member, pointer.
pub(crate) type Place = (String, Option<u64>, Option<String>, Option<String>, Option<String>);

/// The codes that the format marks *both*.
pub(crate) fn both() -> BTreeSet<&'static str> {
    let table = include_str!("../../docs/format.md").lines().filter(|line| line.starts_with("| `"));
    table
        .filter_map(|line| match line.split(" | ").collect::<Vec<_>>()[..] {
            [code, _, _, "both", _, _] => Some(code.trim_start_matches("| ").trim_matches('`')),
            _ => None,
        })
        .collect()
}

fn place(finding: &Finding) -> Place {
    let place = finding.place.clone();
    (
        finding.code.as_str().to_owned(),
        place.sequence,
        place.file,
        place.member,
        without_offset(place.pointer),
    )
}

fn without_offset(pointer: Option<String>) -> Option<String> {
    pointer.filter(|pointer| !pointer.starts_with("byte "))
}

/// Exit code and findings of the verifier, of the codes both know.
fn verifier(folder: &Path, case: &Case, both: &BTreeSet<&str>) -> (u8, BTreeSet<Place>) {
    let options = Options {
        period: Period { from_utc: None, to_utc: case.to.map(time) },
        head: case.head,
        keys: case.keys.clone(),
        anchors: case.anchors.clone(),
        pins: case.pins.clone(),
        structural: true,
        ..Options::default()
    };
    let report = verify(&Folder::new(folder), &options, &InProcessEvaluators, &Silent);
    for finding in &report.findings {
        assert!(both.contains(finding.code.as_str()), "{} is not structural", finding.code);
    }
    (report.verdict.exit_code, report.findings.iter().map(place).collect())
}

/// How the case is asked about, for Python.
fn question(case: &Case) -> Value {
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            std::fmt::Write::write_fmt(&mut text, format_args!("{byte:02x}")).unwrap();
            text
        })
    };
    let keys: Vec<Value> =
        case.keys.iter().map(|key| json!([key.key.to_string(), key.from, key.to])).collect();
    let anchors: Vec<Value> = case
        .anchors
        .iter()
        .map(|kept| json!([kept.name(), hex(&kept.note().to_bytes()), kept.leaves()]))
        .collect();
    let head = case.head.map(|head| json!([head.sequence, head.manifest_sha256]));
    let pins: Vec<Value> =
        case.pins.iter().map(|pin| json!([pin.item, pin.sha256, pin.from, pin.to])).collect();
    json!({"to": case.to, "head": head, "keys": keys, "anchors": anchors, "pins": pins})
}

/// Files of equal content are written once: most cases differ in one file.
struct Pool {
    folder: PathBuf,
    known: BTreeMap<Digest, PathBuf>,
}

impl Pool {
    fn write(&mut self, path: &Path, bytes: &[u8]) {
        let place = self.folder.join(self.known.len().to_string());
        let known = self.known.entry(Digest::of(bytes)).or_insert_with(|| {
            fs::write(&place, bytes).unwrap();
            place
        });
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::hard_link(known, path).unwrap();
    }
}

/// Asserts that both implementations say the same of every case.
#[track_caller]
pub(crate) fn compare(cases: &Cases) {
    let folder = tempfile::tempdir().unwrap();
    let (evidence, asked) = (folder.path().join("evidence"), folder.path().join("asked"));
    fs::create_dir(&asked).unwrap();
    let mut pool = Pool { folder: folder.path().join("pool"), known: BTreeMap::new() };
    fs::create_dir(&pool.folder).unwrap();
    for (name, case) in cases {
        fs::create_dir_all(&evidence).unwrap();
        for (file, bytes) in &case.files {
            let root = evidence.join(name);
            pool.write(&if file.is_empty() { root } else { root.join(file) }, bytes);
        }
        fs::write(asked.join(name), question(case).to_string()).unwrap();
    }
    let both = both();
    let answers = with_functions(EACH, folder.path().to_str().unwrap());
    assert_eq!(answers.lines().count(), cases.len());
    let mut differ = Vec::new();
    for line in answers.lines() {
        let (name, exit, rows): (String, u8, Vec<Place>) = serde_json::from_str(line).unwrap();
        let found: BTreeSet<Place> = rows
            .into_iter()
            .map(|(code, sequence, file, member, pointer)| {
                (code, sequence, file, member, without_offset(pointer))
            })
            .collect();
        let (verdict, expected) = verifier(&evidence.join(&name), &cases[&name], &both);
        let missed = cases[&name].must.as_ref().is_some_and(|must| {
            let codes: BTreeSet<&String> = found.iter().map(|place| &place.0).collect();
            must.iter().any(|code| !codes.contains(code)) || (must.is_empty() && !codes.is_empty())
        });
        if missed {
            differ.push(format!("{name}: expected {:?}, found {found:?}", cases[&name].must));
        }
        if (exit, &found) != (verdict, &expected) {
            let only = |left: &BTreeSet<Place>, right: &BTreeSet<Place>| -> Vec<String> {
                left.difference(right).map(|place| format!("    {place:?}")).collect()
            };
            differ.push(format!(
                "{name}: verify.py {exit}, alone\n{}\n  verifier {verdict}, alone\n{}",
                only(&found, &expected).join("\n"),
                only(&expected, &found).join("\n")
            ));
        }
    }
    assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), cases.len(), differ.join("\n"));
}

/// The table of the format, the codes of `verify.py` and their weight are one list.
#[test]
fn verify_py_raises_exactly_the_codes_that_the_format_marks_both() {
    let program = "import json; print(json.dumps([v.CODES, v.NOT_EVALUATED]))";
    let (codes, not_evaluated): (BTreeMap<String, (String, String)>, Vec<String>) =
        serde_json::from_str(&with_functions(program, "")).unwrap();
    let listed: BTreeSet<&str> = codes.keys().map(String::as_str).collect();
    assert_eq!(listed, both());
    for code in Code::ALL {
        if let Some((severity, class)) = codes.get(code.as_str()) {
            assert_eq!(json!(severity), json!(code.severity()), "{code}");
            assert_eq!(json!(class), json!(code.exit_class()), "{code}");
        } else {
            let mentions = not_evaluated.iter().filter(|note| note.contains(code.as_str())).count();
            assert_eq!(mentions, 1, "{code} must be listed as not evaluated");
        }
    }
}

/// No code is raised under a name that the table does not hold.
#[test]
fn every_code_in_the_text_of_verify_py_is_in_its_table() {
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let quoted = verify_core::VERIFY_PY.split('"').skip(1).step_by(2);
    let looks_like_one = |text: &&str| {
        text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.contains('-')
            && text.len() > 6
            && text.bytes().all(|b| b.is_ascii_uppercase() || b"-0123456789".contains(&b))
    };
    let unknown: Vec<&str> = quoted.filter(looks_like_one).filter(|text| !codes.contains(text)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
