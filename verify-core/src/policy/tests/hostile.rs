//! Policies that must not be evaluated, or not for long, each with the error it gives.

use super::*;
use crate::finding::Code;

const HEAD: &str = "package controls.probe\n";
const PASS: &str = r#"result := {"status": "PASS", "violations": [], "reason": null}"#;

/// Loads and evaluates the policy on an empty input; the code of the error.
fn code(text: &str) -> Option<Code> {
    let files = single(&format!("{HEAD}{text}"));
    InProcess::new().evaluate(&files, &files.controls()[0], b"{}").err().map(|error| error.code())
}

#[test]
fn a_plain_policy_passes() {
    assert_eq!(code(PASS), None);
    assert_eq!(
        code(&format!(
            "import data.list\nf(x) := y if {{ y := x + 1 }}\nok if f(list[0]) == 2\n{PASS} if ok"
        )),
        None
    );
}

#[test]
fn functions_that_are_not_deterministic_are_refused_by_name() {
    for call in [
        r#"rand.intn("seed", 10)"#,
        r#"rand["intn"]("seed", 10)"#,
        r#"rand["int\u006e"]("seed", 10)"#,
        "time.now_ns()",
        r#"http.send({"method": "get", "url": "http://127.0.0.1/"})"#,
        "opa.runtime()",
        r#"uuid.rfc4122("x")"#,
        r#"net.lookup_ip_addr("localhost")"#,
        r#"trace("x")"#,
        r#"print("x")"#,
    ] {
        let text = format!("x := {call}\n{PASS}");
        assert_eq!(code(&text), Some(Code::PolicyBuiltin), "{call}");
        let hidden = format!("f(a) := a\nx := [y | some y in [f({call})]]\n{PASS}");
        assert_eq!(code(&hidden), Some(Code::PolicyBuiltin), "{call}");
    }
}

#[test]
fn a_function_passed_by_name_is_found() {
    let text = format!("f(a, b) := a\nx if {{ f(\"s\", 3) == 1 with f as rand.intn }}\n{PASS}");
    assert_eq!(code(&text), Some(Code::PolicyBuiltin));
}

#[test]
fn names_in_strings_and_comments_are_no_calls() {
    let text = format!("# time.now_ns()\nx := \"http.send(rand.intn)\"\ny := `opa.runtime()`\n{PASS}");
    assert_eq!(code(&text), None);
}

#[test]
fn functions_without_bounded_cost_are_refused() {
    for call in [
        "numbers.range(0, 100000000)",
        r#"net.cidr_expand("10.0.0.0/8")"#,
        "bits.lsh(1, 1000000000)",
        "walk(input)",
    ] {
        assert_eq!(code(&format!("x := {call}\n{PASS}")), Some(Code::PolicyLimits), "{call}");
    }
}

#[test]
fn unknown_functions_and_syntax_are_refused() {
    for text in [
        "x := nothing(1)",
        "x := data.controls.other.f(1)",
        "x := [",
        "p { true }",
        "x := 1\nx := 2\nimport input as",
    ] {
        assert_eq!(code(&format!("{text}\n{PASS} if x")), Some(Code::PolicyParse), "{text}");
    }
}

#[test]
fn nested_brackets_are_refused_before_they_are_parsed() {
    let started = std::time::Instant::now();
    assert_eq!(
        code(&format!("x := {}1{}\n{PASS}", "[".repeat(30), "]".repeat(30))),
        Some(Code::PolicyLimits)
    );
    assert!(started.elapsed().as_secs() < 2, "{:?}", started.elapsed());
}

#[test]
fn results_of_another_shape_are_errors() {
    for result in [
        "result := true",
        "result := input.absent",
        "other := 1",
        r#"result := {"status": "PASS", "violations": []}"#,
        r#"result := {"status": "PASS", "violations": [], "reason": input.absent}"#,
        r#"result contains "PASS""#,
        r#"result := {"status": "PASS", "violations": [], "reason": null} if to_number("zz") == 1"#,
    ] {
        assert_eq!(code(result), Some(Code::PolicyParse), "{result}");
    }
}

#[test]
fn an_expression_too_large_for_the_regex_engine_is_no_pass() {
    let text = format!("x if regex.match(\"(a{{1000}}){{1000}}\", \"a\")\n{PASS} if x");
    assert!(code(&text).is_some());
}

#[test]
fn test_files_are_digested_but_not_evaluated() {
    let files = single(&format!("{HEAD}{PASS}"));
    let mut more = files.files().clone();
    more.insert("tests/probe_test.rego".to_owned(), b"package tests\nx := time.now_ns()".to_vec());
    let more = PolicyFiles::new(more).unwrap();
    assert_ne!(files.digest(), more.digest());
    assert!(PolicySet::load(&more).is_ok());
}

#[test]
fn the_digest_is_that_of_the_member_paths() {
    let files = single(&format!("{HEAD}{PASS}"));
    let expected: Vec<_> = files
        .files()
        .iter()
        .map(|(path, bytes)| format!("\"policies/{path}\":\"{}\"", crate::digest::Digest::of(bytes)))
        .collect();
    assert_eq!(files.digest(), crate::digest::Digest::of(format!("{{{}}}", expected.join(",")).as_bytes()));
}

#[test]
fn mappings_that_name_no_plain_policy_are_refused() {
    let good = single(&format!("{HEAD}{PASS}")).files().clone();
    for (from, to) in
        [("probe", "probe.x"), ("probe", "x\\\"]"), ("\"T1\"", "\"T 1\""), ("criteria", "criterion")]
    {
        let mut files = good.clone();
        let text = String::from_utf8(files["controls.json"].clone()).unwrap().replace(from, to);
        files.insert("controls.json".to_owned(), text.into_bytes());
        assert_eq!(PolicyFiles::new(files).unwrap_err().code(), Code::PolicyParse, "{to}");
    }
    let mut files = good.clone();
    files.remove("controls.json");
    assert_eq!(PolicyFiles::new(files).unwrap_err().code(), Code::PolicyParse);
}

#[test]
fn the_shipped_policies_load() {
    let files = PolicyFiles::canonical(shipped()).unwrap();
    assert_eq!(PolicySet::load(&files).map(|_| ()), Ok(()));
}

#[test]
fn rules_that_refer_to_themselves_are_refused_before_they_run() {
    for text in [
        "f(a) := f(a + 1)\nx := f(1)",
        "f(a) := g(a)\ng(a) := f(a)\nx := f(1)",
        "x if y\ny if x",
        "x contains z if some z in x",
        "x := data.controls.probe.x",
        "x := data.controls[input.name].x",
        "import data.controls as c\nx := c.probe.x",
        "x := [1][x]",
        "f(a) := f(a).x\nx := f(1)",
        "f(a) := [f(a)][0]\nx := f(1)",
    ] {
        let files = single(&format!("{HEAD}{text}\n{PASS}"));
        let error = PolicySet::load(&files).unwrap_err();
        assert_eq!(error.kind, PolicyErrorKind::Parse, "{text}");
        assert!(error.message.contains("refers to itself"), "{text}: {error}");
    }
    // An argument hides a rule of its name; data below another root is no rule.
    assert_eq!(code(&format!("x := 1\nf(x) := x\ny := f(x)\nz := data.list[input.x]\n{PASS}")), None);
}
