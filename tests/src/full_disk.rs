//! A full disk refuses writes with a reason, harms nothing, and is forgotten once there is space. Reads go on.

use crate::harness::folder::new_folder;
use crate::harness::http::Client;
use crate::harness::program::verify;
use crate::harness::samples::put_both;
use crate::harness::server::Server;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A small file system in memory, as long as it lives.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(place: &Path) -> Option<Self> {
        std::fs::create_dir(place).unwrap();
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", "size=32m", "none"]).arg(place).stderr(Stdio::null());
        let is_mounted = command.status().is_ok_and(|status| status.success());
        is_mounted.then(|| Self(place.to_path_buf()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Reads that must be possible on a full disk, each with its row in the audit log. There is space for some ten times as
/// many.
const READS: usize = 3_000;

#[test]
fn a_full_disk_refuses_writes_and_harms_nothing() {
    let folder = new_folder();
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk")) else {
        println!("skipped: a_full_disk_refuses_writes_and_harms_nothing may not mount a small disk here");
        return;
    };
    let reserve = disk.0.join("reserve");
    std::fs::write(&reserve, vec![1; 12 << 20]).unwrap();
    let data = disk.0.join("data");
    let server = Server::start(&data);
    let mut client = server.administrator();
    assert_eq!(client.post("/fhir", &put_both("one")).status, 200);

    let mut accepted = 0;
    let refused = loop {
        let answer = client.put(&format!("/fhir/Binary/b{accepted}"), &noise(accepted));
        if answer.status != 201 {
            break answer;
        }
        accepted += 1;
        assert!(accepted < 1000, "the disk does not get full");
    };
    assert!(accepted > 10, "only {accepted} went in");
    assert_eq!(refused.status, 507, "{}", refused.text());
    let outcome = refused.json();
    assert_eq!(
        (&outcome["resourceType"], &outcome["issue"][0]["code"]),
        (&json!("OperationOutcome"), &json!("no-store"))
    );

    // More writes do no harm; reads go on, for whose audit rows there is space ahead.
    for id in ["two", "three"] {
        let answer = client.post("/fhir", &put_both(id));
        assert!([200, 507].contains(&answer.status), "{}", answer.text());
    }
    fill_up(&disk.0.join("more"));
    for number in 0..accepted {
        let read = client.get(&format!("/fhir/Binary/b{number}"));
        assert_eq!(read.status, 200, "b{number}: {}", read.text());
    }
    for number in 0..READS {
        let read = client.get("/fhir/Patient/one");
        assert_eq!(read.status, 200, "read {number}: {}", read.text());
    }
    assert_eq!(client.get_json("/fhir/Patient?name=sample-one")["total"], 1);
    assert_eq!(reads_in_the_audit_log(&mut client), READS);
    assert_eq!(client.get("/fhir/metadata").status, 200);

    std::fs::remove_file(disk.0.join("more")).unwrap();
    std::fs::remove_file(&reserve).unwrap();
    for number in 0..accepted {
        assert_eq!(client.get(&format!("/fhir/Binary/b{number}")).status, 200, "b{number}");
    }
    assert_eq!(client.get(&format!("/fhir/Binary/b{accepted}")).status, 404, "what was refused is not there");
    assert_eq!(client.get_json("/fhir/Patient?name=sample-one")["total"], 1);
    let again = client.put(&format!("/fhir/Binary/b{accepted}"), &noise(accepted));
    assert_eq!(again.status, 201, "there is space again: {}", again.text());
    assert_eq!(client.post("/fhir", &put_both("four")).status, 200);
    assert_eq!(reads_in_the_audit_log(&mut client), READS);
    server.stop();
    verify(&data);
}

/// Takes the last byte of the disk.
fn fill_up(place: &Path) {
    let mut file = std::fs::File::create(place).unwrap();
    while file.write(&[1; 4096]).is_ok_and(|written| written > 0) {}
}

fn reads_in_the_audit_log(client: &mut Client) -> usize {
    let found = client.get_json("/fhir/AuditEvent?entity=Patient/one&action=R&_summary=count");
    usize::try_from(found["total"].as_u64().unwrap()).unwrap()
}

/// A resource of some 200 kB that cannot be made smaller.
fn noise(number: u64) -> Value {
    let mut random = crate::harness::random::Random::from_seed(number);
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |at: usize, bits: u64| char::from(LETTERS[(bits >> (at * 6) & 63) as usize]);
    let data: String = (0..20_000)
        .flat_map(|_| {
            let bits = random.next();
            (0..10).map(move |at| letter(at, bits))
        })
        .collect();
    json!({ "resourceType": "Binary", "id": format!("b{number}"), "contentType": "application/octet-stream", "data": data })
}
