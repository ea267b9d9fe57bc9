//! Canonical JSON against an independent parser and canonicalizer: what one accepts, both accept.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use verify_core::canon::{self, CanonClass, Document};
use verify_core_fuzz::limits;

fuzz_target!(|data: &[u8]| {
    let limits = limits();
    let accepted = canon::check(data, &limits);
    let theirs = serde_json::from_slice::<Value>(data)
        .ok()
        .and_then(|value| serde_json_canonicalizer::to_vec(&value).ok())
        .is_some_and(|canonical| canonical == data);
    match &accepted {
        Ok(()) => assert!(theirs, "accepted, but another text than the independent canonicalizer writes"),
        // Beyond RFC 8785 only numbers that two readers may take differently, and limits, are refused.
        Err(error) if theirs => {
            assert!(matches!(error.class, CanonClass::Number | CanonClass::Limits), "{error}");
        }
        Err(error) => assert!(error.offset <= data.len() as u64, "{error}"),
    }
    let read = canon::read(data, &limits);
    if accepted.is_ok() {
        let value = read.as_ref().expect("canonical text is strict text");
        assert_eq!(canon::to_vec(value).expect("it was written before"), data);
        assert_eq!(&canon::read_canonical(data, &limits).expect("it was checked"), value);
    }
    if let Ok(value) = &read {
        let written = canon::to_vec(value).expect("strict text has a canonical form");
        canon::check(&written, &limits).expect("what is written is canonical");
    }
    match Document::new(data.to_vec(), &limits) {
        Ok(document) => {
            assert!(data.starts_with(b"{"));
            for member in document.members() {
                canon::check(member.bytes(), &limits).expect("a member is canonical itself");
                let found = document.member(member.name()).expect("it is found by its name");
                assert_eq!(found.range(), member.range());
                for element in member.elements().into_iter().flatten() {
                    canon::check(element, &limits).expect("an element is canonical itself");
                }
            }
        }
        Err(error) => assert!(accepted.is_err() || !data.starts_with(b"{"), "{error}"),
    }
    if let Ok(lines) = canon::lines(data, &limits) {
        assert_eq!(lines.iter().map(|line| line.len() + 1).sum::<usize>(), data.len());
    }
});
