//! A store that fails in the middle: what could not be listed or read is never called absent.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use super::seaweed::AUDITOR;
use super::{findings, parsed, verifier};

/// Answers every request as told: from method and path with query to status and body.
pub(super) fn server(answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || serve(stream.unwrap(), &*answer));
        }
    });
    address
}

fn serve(stream: TcpStream, answer: &(dyn Fn(&str) -> (u16, String) + Send + Sync)) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request).unwrap_or(0) == 0 {
            return;
        }
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap_or(0) > 2 {
            line.clear();
        }
        let (status, body) = answer(request.trim_end());
        let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n", body.len());
        if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).is_err() {
            return;
        }
    }
}

fn error(code: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>a secret of the service</Message></Error>")
}

/// A page that lists one commit, and says whether it goes on.
pub(super) fn page(goes_on: bool) -> String {
    let next = if goes_on {
        "<NextKeyMarker>acme/chain/0000000000.json</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>"
    } else {
        ""
    };
    format!(
        "<ListVersionsResult><IsTruncated>{goes_on}</IsTruncated>{next}<Version>\
         <Key>acme/chain/0000000000.json</Key><VersionId>v1</VersionId><IsLatest>true</IsLatest><Size>7</Size>\
         </Version></ListVersionsResult>"
    )
}

fn verified(address: &str) -> (i32, serde_json::Value) {
    parsed(&verifier(&["verify", "s3://evidence/acme", "--format", "json"], AUDITOR, address))
}

fn inconclusive(report: &serde_json::Value) -> String {
    assert_eq!(report["findings"], serde_json::json!([]), "{report:#}");
    report["not_claimed"].to_string()
}

#[test]
fn a_listing_that_breaks_off_is_no_listing() {
    let address = server(|request| {
        if request.contains("key-marker=acme") { (500, error("InternalError")) } else { (200, page(true)) }
    });
    let (exit, report) = verified(&address);
    assert_eq!(exit, 5);
    let told = inconclusive(&report);
    assert!(
        told.contains("cannot list s3://evidence/acme: S3 answers InternalError (HTTP status 500)"),
        "{told}"
    );
    assert!(!report.to_string().contains("a secret of the service"));
}

#[test]
fn a_listing_that_goes_on_in_circles_is_no_listing() {
    let address = server(|_| (200, page(true)));
    let (exit, report) = verified(&address);
    assert_eq!(exit, 5);
    assert!(inconclusive(&report).contains("without saying where it goes on"));
}

#[test]
fn what_is_archived_or_denied_is_unreadable_and_not_absent() {
    for (code, status, words) in [
        ("InvalidObjectState", 403, "it is archived and has to be restored"),
        ("AccessDenied", 403, "S3 answers AccessDenied (HTTP status 403)"),
    ] {
        let address =
            server(
                move |request| {
                    if request.contains("versions") { (200, page(false)) } else { (status, error(code)) }
                },
            );
        let (exit, report) = verified(&address);
        assert_eq!(exit, 5);
        let told = inconclusive(&report);
        assert!(told.contains("cannot read chain/0000000000.json") && told.contains(words), "{told}");
    }
}

#[test]
fn an_object_of_another_length_than_listed_changed() {
    let address = server(|request| {
        if request.contains("versions") { (200, page(false)) } else { (200, "longer than seven".to_owned()) }
    });
    let (exit, report) = verified(&address);
    assert_eq!(exit, 1);
    let stable = ("SRC-STABLE".to_owned(), "chain/0000000000.json".to_owned());
    assert!(findings(&report).contains(&stable), "{report:#}");
}

#[test]
fn a_server_that_is_not_there_gives_no_verdict() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (exit, report) = verified(&address);
    assert_eq!(exit, 5);
    assert!(inconclusive(&report).contains("S3 cannot be reached"), "{report:#}");
}
