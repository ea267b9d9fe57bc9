//! Packages: what the scan accepts has one reading, the same as that of an independent zip reader.

#![no_main]

use std::io::{Cursor, Read};

use libfuzzer_sys::fuzz_target;
use verify_core::package::{Inflater, scan};
use verify_core::source::Memory;
use verify_core::verify::{Options, Silent, inspect, verify};
use verify_core_fuzz::{NoPolicies, limits};

fuzz_target!(|data: &[u8]| {
    let limits = limits();
    match scan(data, &limits) {
        Err(faults) => assert!(!faults.is_empty(), "refused without a reason"),
        Ok(container) => {
            let mut theirs = zip::ZipArchive::new(Cursor::new(data)).expect("accepted by every reader");
            assert_eq!(theirs.len(), container.members().len());
            let mut inflater = Inflater::new();
            for (index, member) in container.members().iter().enumerate() {
                let ours = inflater.read(member);
                let mut file = theirs.by_index(index).expect("every member can be opened");
                assert_eq!(file.name().expect("a plain name"), member.name().as_str());
                if let Ok((bytes, _)) = ours {
                    assert_eq!(bytes.len() as u64, member.size());
                    let mut read = Vec::new();
                    file.read_to_end(&mut read).expect("what we inflate, others inflate");
                    assert_eq!(read, bytes);
                }
            }
        }
    }
    let source = Memory { files: [("a.zip".to_owned(), data.to_vec())].into() };
    inspect(&source, "a.zip", &limits).expect("what is in memory can be read");
    let options = Options { limits, ..Options::default() };
    let report = verify(&source, &options, &NoPolicies, &Silent);
    report.to_json().expect("every report can be written");
});
