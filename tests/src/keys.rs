//! The keys that the data is encrypted with, over the running program (AD06, HS4): changed without a stop, kept elsewhere,
//! and destroyed with the record that they are of.

use crate::harness::folder::{contents, copy_folder, key_beside, new_folder};
use crate::harness::program::{self, verify};
use crate::harness::samples::put_both;
use crate::harness::server::Server;
use serde_json::json;

#[test]
fn ad06_keys_are_changed_while_the_server_is_at_work() {
    let folder = new_folder();
    let data = folder.path().join("data");
    let server = Server::start(&data);
    let mut client = server.administrator();
    assert_eq!(client.post("/fhir", &put_both("one")).status, 200);
    let old = std::fs::read_to_string(key_beside(&data)).unwrap();
    let before = folder.path().join("before");
    program::succeed(&data, ["backup".as_ref(), before.as_os_str()]);

    let renewed = program::succeed(&data, ["keys", "renew"]);
    program::succeed(&data, ["keys", "wrap"]);
    assert_eq!(client.post("/fhir", &put_both("two")).status, 200);
    let listed = program::succeed(&data, ["keys", "list"]);
    assert_eq!(listed["practice"][1]["number"], renewed["number"]);
    assert_eq!((&listed["records"], &listed["destroyed"]), (&2.into(), &0.into()), "{listed}");
    let new = std::fs::read_to_string(key_beside(&data)).unwrap();
    assert!(new != old && new.lines().count() == 1, "the old key is gone from the file");
    server.stop();

    // All is there for the new key, nothing for the old one; a backup of before opens with the old one.
    let server = Server::start(&data);
    for id in ["one", "two"] {
        assert_eq!(server.administrator().get(&format!("/fhir/Patient/{id}")).status, 200);
    }
    server.stop();
    let restored = folder.path().join("restored");
    program::succeed(&restored, ["restore".as_ref(), before.as_os_str()]);
    std::fs::copy(key_beside(&data), key_beside(&restored)).unwrap();
    let refused = program::run(&restored, ["verify"]);
    assert!(refused.code == Some(1) && refused.failure().contains("written with another"), "{refused:?}");
    std::fs::write(key_beside(&restored), old).unwrap();
    verify(&restored);
}

#[test]
fn ad06_a_passphrase_opens_the_data_and_another_does_not() {
    let folder = new_folder();
    let (data, moved) = (folder.path().join("data"), folder.path().join("moved"));
    let server = Server::start(&data);
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    server.stop();
    let run = |data, arguments: &[&str], passphrase: Option<&str>| {
        let mut command = program::command(data, arguments);
        command.envs(passphrase.map(|text| ("CHIRON_PASSPHRASE", text)));
        program::Outcome::of(&command.output().unwrap())
    };
    let wrapped = run(&data, &["keys", "wrap", "--with", "passphrase"], Some("correct horse battery"));
    assert_eq!(wrapped.code, Some(0), "{wrapped:?}");
    copy_folder(&data, &moved);
    std::fs::remove_file(key_beside(&moved)).unwrap();
    let verify = ["verify", "--wrapping-key", "passphrase"];
    let opened = run(&moved, &verify, Some("correct horse battery"));
    assert_eq!(opened.code, Some(0), "{opened:?}");
    let wrong = run(&moved, &verify, Some("wrong"));
    assert!(
        wrong.code == Some(1) && wrong.failure().contains("CHIRON_PASSPHRASE does not open"),
        "{wrong:?}"
    );
    let none = run(&moved, &verify, None);
    assert!(none.code == Some(1) && none.failure().contains("say it in the variable"), "{none:?}");
    // The key in the file opens nothing any more, and is not made anew.
    let file = run(&moved, &["verify"], None);
    assert!(file.code == Some(1) && !key_beside(&moved).exists(), "{file:?}");
}

#[test]
fn ad06_a_record_is_destroyed_with_all_its_versions_and_no_other() {
    let folder = new_folder();
    let data = folder.path().join("data");
    let server = Server::start(&data);
    let mut client = server.administrator();
    for _ in 0..2 {
        for id in ["one", "two"] {
            assert_eq!(client.post("/fhir", &put_both(id)).status, 200);
        }
    }
    let versions = |client: &mut crate::harness::http::Client, id: &str| {
        let history = client.get(&format!("/fhir/Patient/{id}/_history")).json();
        let entries = history["entry"].as_array().cloned().unwrap_or_default();
        entries.into_iter().filter(|entry| entry.get("resource").is_some()).count()
    };
    assert!(versions(&mut client, "one") > 0);
    let kept = versions(&mut client, "two");
    let asked = ["shred", "one", "--reason", "entered twice"];
    let refused = program::run(&data, asked);
    assert!(refused.code == Some(1) && refused.failure().contains("is to be kept until"), "{refused:?}");
    assert_eq!(client.get("/fhir/Patient/one").status, 200);

    let destroyed = program::succeed(&data, asked.into_iter().chain(["--despite-retention"]));
    assert_eq!((&destroyed["resources"], &destroyed["keys"]), (&2.into(), &1.into()), "{destroyed}");
    assert_eq!(client.get("/fhir/Patient/one").status, 410);
    assert_eq!(client.get("/fhir/Patient/one/_history/1").status, 410);
    assert_eq!(versions(&mut client, "one"), 0, "no version can be read");
    assert_eq!(client.get("/fhir/Observation?patient=one&_summary=count").json()["total"], 0);
    assert_eq!(versions(&mut client, "two"), kept);
    // Who did it, and why, stays.
    let audit = client.get("/fhir/AuditEvent?_count=200").text();
    assert!(audit.contains("destroy Patient/one: entered twice"), "{audit}");
    verify(&data);
    let again = program::run(&data, asked);
    assert!(again.code == Some(1) && again.failure().contains("nothing in the record"), "{again:?}");
    // The name may be used anew.
    assert_eq!(client.post("/fhir", &put_both("one")).status, 200);
    assert_eq!(client.get("/fhir/Patient/one").status, 200);
    server.stop();
    verify(&data);
}

/// HS4: neither the data nor a backup shows what a practice wrote.
#[test]
fn hs4_no_note_can_be_read_off_the_disk() {
    let folder = new_folder();
    let data = folder.path().join("data");
    let server = Server::start(&data);
    let secret = "said-in-confidence";
    let note = json!([{ "url": "https://clinic.example/note", "valueString": secret }]);
    let basic = json!({ "resourceType": "Basic", "id": "b", "code": { "text": "x" }, "extension": note });
    assert_eq!(server.administrator().put("/fhir/Basic/b", &basic).status, 201);
    program::succeed(&data, ["backup".as_ref(), folder.path().join("copy").as_os_str()]);
    server.stop();
    let all = contents(folder.path());
    assert!(all.len() > 6, "{:?}", all.keys());
    for (name, bytes) in &all {
        // The index of words is in clear, as the documentation says, and so this note has an extension for its place.
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{name}");
    }
}
