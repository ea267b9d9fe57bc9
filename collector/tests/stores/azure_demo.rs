//! A month's story in a container of the double: the same verdict and figures as in a folder, once it is copied.

use std::sync::Arc;

use collector::demo::runner::Demo;
use collector::store::Store;
use collector::store::azure::AzureSettings;

use super::azure::{open, settings};
use super::azure_double::{AZURE, Container, Setup};
use super::demo::{figures, manifests};
use super::runs::{against, files, plan, play, verified};

#[test]
fn a_container_and_a_folder_give_the_same_verdict_and_figures() {
    const DAYS: u32 = 9;
    let folder = tempfile::tempdir().unwrap();
    let (root, copy) = (folder.path().join("evidence"), folder.path().join("copy"));
    let mut demo = Demo::begin(plan(root.clone(), DAYS)).unwrap();
    play(&mut demo);
    demo.end().unwrap();

    let container = AZURE.container(Setup::VersionLevel);
    let terms = AzureSettings {
        access_tier: "Cool".parse().unwrap(),
        encryption_scope: Some("evidence".parse().unwrap()),
        ..settings(&AZURE.address(), &container)
    };
    let store = Arc::new(open(terms, &AZURE.config()));
    let mut demo = Demo::begin_in(plan(root.clone(), DAYS), store.clone()).unwrap();
    play(&mut demo);
    demo.end().unwrap();

    let names = AZURE.look(&container, Container::names);
    assert_eq!(names.len(), files(&root).len());
    for (name, versions) in names {
        assert_eq!(versions, 1, "{name}");
        let version = AZURE.look(&container, |found| found.versions(&name)).remove(0);
        let path = copy.join(name.strip_prefix("acme/prod/").unwrap());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &version.bytes).unwrap();
    }
    let (one, two) = (verified(&root), verified(&copy));
    assert_eq!((against(&one), against(&two)), (vec![], vec![]));
    assert_eq!((&one.verdict.word, one.verdict.exit_code), (&two.verdict.word, two.verdict.exit_code));
    let (one, two) = (figures(&one), figures(&two));
    assert!(one.to_string().len() > 10_000, "figures are compared, not their absence");
    assert_eq!(one, two);

    let manifests = manifests(&copy);
    assert_eq!(manifests.len() as u64, store.records().unwrap());
    for manifest in manifests {
        assert_eq!(manifest.object_lock_mode.as_deref(), Some("COMPLIANCE"));
        assert_eq!(manifest.storage_class.as_deref(), Some("Cool"));
        assert_eq!(manifest.encryption_key_id.as_deref(), Some("evidence"));
        let place = manifest.payload_path.strip_prefix(&format!("{}/", store.location())).unwrap();
        let (place, member) = place.split_once('#').unwrap();
        assert_eq!(member, manifest.kind.payload_member());
        let kept = AZURE.look(&container, |found| found.versions(&format!("acme/prod/{place}"))).remove(0);
        let until =
            manifest.retention_until.unwrap().civil().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        assert_eq!(kept.told["x-ms-immutability-policy-until-date"], until, "as the manifest says");
    }
}
