//! Both implementations over the same tampered evidence: the same codes, for all codes both know.

use std::collections::{BTreeMap, BTreeSet};

use verify_core::coverage::Period;
use verify_core::source::Memory;
use verify_core::verify::{InProcessEvaluators, Options, Silent, verify};

use super::chain::{Chain, Link, standard, time, write_files};
use super::python::{Files, with_functions};

/// Ends the name of a case in which only the exit codes are compared.
const ONLY_EXIT: &str = "-exit";

const EACH: &str = r"
import os
last = v.moment(True)('2026-05-03')
print(' '.join(v.CODES))
for name in sorted(os.listdir(sys.argv[2])):
    result = v.verify(sys.argv[2] + '/' + name, None, last, None)
    print(name, result['exit_code'], *sorted({row['code'] for row in result['findings']}))
";

/// Exit code and codes of the verifier.
fn verifier(files: &Files) -> (u8, BTreeSet<String>) {
    let period = Period { from_utc: None, to_utc: Some(time("2026-05-03T23:59:59Z")) };
    let options = Options { period, ..Options::default() };
    let report = verify(&Memory { files: files.clone() }, &options, &InProcessEvaluators, &Silent);
    let codes = report.findings.iter().map(|finding| finding.code.as_str().to_owned()).collect();
    (report.verdict.exit_code, codes)
}

fn compare(cases: &BTreeMap<String, Files>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, files) in cases {
        write_files(&folder.path().join(name), files);
    }
    let answers = with_functions(EACH, folder.path().to_str().unwrap());
    let known: BTreeSet<&str> = answers.lines().next().unwrap().split(' ').collect();
    let mut differ = Vec::new();
    assert_eq!(answers.lines().count(), cases.len() + 1);
    for line in answers.lines().skip(1) {
        let mut words = line.split(' ');
        let name = words.next().unwrap();
        let exit: u8 = words.next().unwrap().parse().unwrap();
        let found: BTreeSet<String> = words.map(str::to_owned).collect();
        let (verdict, mut codes) = verifier(&cases[name]);
        codes.retain(|code| known.contains(code.as_str()));
        let agree =
            if name.ends_with(ONLY_EXIT) { exit == verdict } else { (exit, &found) == (verdict, &codes) };
        if !agree {
            differ.push(format!("{name}: verify.py {exit} {found:?}, verifier {verdict} {codes:?}"));
        }
    }
    assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), cases.len(), differ.join("\n"));
}

/// One bit of one file is flipped, at places spread over the file.
fn flips(chain: &Chain, link: &Link, place: &str, count: usize, cases: &mut BTreeMap<String, Files>) {
    let files = chain.files();
    let size = files[place].len();
    for at in (0..count).map(|index| index * size / count) {
        let mut flipped = files.clone();
        flipped.get_mut(place).unwrap()[at] ^= 1 << (at % 8);
        let name = format!("{}-{at:06}", place.rsplit('/').next().unwrap());
        // How much of a damaged manifest is still understood decides what a package is called: another
        // record, a foreign one, or none. Both say that it is not the committed one.
        let end_of_manifest = 30 + "manifest.json".len() + link.commit.len();
        let in_manifest = place == link.place && at < end_of_manifest;
        cases.insert(name + if in_manifest { ONLY_EXIT } else { "" }, flipped);
    }
}

#[test]
fn flipped_bits() {
    let chain = standard();
    let mut cases = BTreeMap::from([("clean".to_owned(), chain.files())]);
    for index in [0, 2, 3, 5] {
        let link = &chain.links[index];
        flips(&chain, link, &link.place, 60, &mut cases);
        flips(&chain, link, &link.commit_place(), 60, &mut cases);
    }
    // The newest commit must not quietly count as absent because of an unsafe name.
    let mut unsafe_name = chain.files();
    let commit = unsafe_name.get_mut(&chain.head().commit_place()).unwrap();
    let text = String::from_utf8(commit.clone()).unwrap();
    *commit = text.replace("\"collection_id\":\"evidence", "\"collection_id\":\"-vidence").into_bytes();
    cases.insert("unsafe-name".to_owned(), unsafe_name);
    compare(&cases);
}

#[test]
fn files_removed_and_exchanged() {
    let files = standard().files();
    let mut cases = BTreeMap::new();
    let names: Vec<&String> = files.keys().collect();
    for (index, name) in names.iter().enumerate() {
        let mut rest = files.clone();
        rest.remove(*name);
        cases.insert(format!("without-{index:02}"), rest.clone());
        let next = names[(index + 1) % names.len()];
        rest.remove(next);
        cases.insert(format!("without-two-{index:02}"), rest);
        let mut exchanged = files.clone();
        exchanged.insert((*name).clone(), files[next].clone());
        cases.insert(format!("replaced-{index:02}"), exchanged.clone());
        exchanged.insert(next.clone(), files[*name].clone());
        cases.insert(format!("exchanged-{index:02}"), exchanged);
    }
    compare(&cases);
}
