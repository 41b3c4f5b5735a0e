//! Long contents of resources: out of the documents and back into them, the bytes as they were sent.

use crate::practice::*;
use access::Interaction;
use fhir::Document;
use fhir::schema::schema;
use record::patch::Patch;
use record::write::{Effect, Target, WriteAction, WriteRequest};
use record::{Error, Expect, Session};
use std::io::{Read, Seek, SeekFrom};

/// Base64 of so many bytes that differ by a seed, in lines of a length; 0: one line.
fn base64(bytes: usize, seed: u64, line: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut state = seed;
    let mut text = String::new();
    for at in 0..bytes / 3 * 4 {
        if line > 0 && at % line == line - 1 {
            text.push_str("\\r\\n");
        }
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push(char::from(LETTERS[(state >> 58) as usize]));
    }
    text
}

fn document_reference(id: &str, data: &str) -> String {
    format!(
        r#"{{"resourceType":"DocumentReference","id":"{id}", "status":"current",
  "content":[{{"attachment":{{"contentType":"text/plain","data":"{data}","size":1.0e3,"title":"größe"}}}},
             {{"attachment":{{"contentType":"text/plain","data":"YQ==","url":"http://x/y"}}}}]}}"#
    )
    .replace("1.0e3", "1000")
}

fn whole(session: &Session, name: &str) -> String {
    let json = session.read(&key(name)).unwrap().to_json();
    let mut whole = session.record().whole(json);
    let (length, mut text) = (whole.length(), String::new());
    whole.read_to_string(&mut text).unwrap();
    assert_eq!(length, text.len() as u64);
    text
}

/// The same text without what the server adds.
fn without_stamp(text: &str) -> String {
    let start = text.find(",\"meta\":{\"versionId\"").unwrap();
    let end = start + text[start..].find('}').unwrap() + 1;
    format!("{}{}", &text[..start], &text[end..])
}

fn put(session: &Session, name: &str, json: &str) -> Effect {
    update(session, name, json, Expect::Any).unwrap().effect
}

#[test]
fn the_bytes_come_back_whatever_the_length_and_the_layout() {
    let practice = Practice::new();
    let session = practice.administrator();
    let escaped = base64(60_000, 3, 0).replace('/', "\\/");
    let contents = [
        ("short", base64(3_000, 1, 0), false),
        ("just", "A".repeat(64 << 10), false),
        ("beyond", "A".repeat((64 << 10) + 4), true),
        ("long", base64(300_000, 2, 0), true),
        ("lines", base64(300_000, 2, 77), true),
        ("escaped", escaped, true),
        ("padded", format!("{}QQ==", base64(60_000, 4, 0)), true),
        ("loose", format!("{}QR==", base64(60_000, 4, 0)), true),
    ];
    for (id, data, is_outside) in &contents {
        let (name, json) = (format!("DocumentReference/{id}"), document_reference(id, data));
        assert_eq!(put(&session, &name, &json), Effect::Created, "{id}");
        assert_eq!(without_stamp(&whole(&session, &name)), json, "{id}");
        let read = session.read(&key(&name)).unwrap();
        assert_eq!(read.body().len() < 1_000, *is_outside, "{id}");
        assert_eq!(session.record().is_whole(&read.to_json()), !is_outside, "{id}");
        assert_eq!(put(&session, &name, &json), Effect::Unchanged, "{id}");
    }
    let found = session.find(schema().resource_named("DocumentReference").unwrap(), &[]).unwrap();
    assert!(found.matches.iter().all(|found| found.to_json().len() < 70_000));
}

#[test]
fn what_is_no_base64_is_refused_however_long() {
    let practice = Practice::new();
    let session = practice.administrator();
    for data in
        [format!("{}!", base64(60_000, 1, 0)), format!("{}A", base64(60_000, 1, 0)), "A=".repeat(40_000)]
    {
        let refused = update(&session, "DocumentReference/x", &document_reference("x", &data), Expect::Any);
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
}

#[test]
fn contents_inside_resources_inside_resources_are_outside_too() {
    let practice = Practice::new();
    let session = practice.administrator();
    let data = base64(90_000, 9, 0);
    let json = format!(
        r##"{{"resourceType":"Patient","id":"p","contained":[{{"resourceType":"Binary","id":"b","contentType":"image/png","data":"{data}"}}],"extension":[{{"url":"http://x/scan","valueBase64Binary":"{data}"}}],"photo":[{{"contentType":"image/png","data":"{data}","url":"#b"}}]}}"##
    );
    put(&session, "Patient/p", &json);
    assert!(session.read(&key("Patient/p")).unwrap().body().len() < 1_000);
    assert_eq!(without_stamp(&whole(&session, "Patient/p")), json);
}

/// Nobody gets content by writing its mark: what looks like one comes back as it was written.
#[test]
fn a_mark_from_outside_is_text() {
    let practice = Practice::new();
    let session = practice.administrator();
    put(&session, "DocumentReference/secret", &document_reference("secret", &base64(90_000, 5, 0)));
    let stored = session.read(&key("DocumentReference/secret")).unwrap().body().to_owned();
    let start = stored.find("blob+of+chiron").unwrap();
    let mark = &stored[start..start + stored[start..].find('"').unwrap()];
    let rows = [
        ("DocumentReference/forged", document_reference("forged", mark)),
        (
            "Patient/p",
            format!(
                r#"{{"resourceType":"Patient","id":"p","name":[{{"family":"{mark}","given":["a\"{mark}"]}}],"photo":[{{"contentType":"image/png","data":"{mark}"}}]}}"#
            ),
        ),
        ("DocumentReference/long", document_reference("long", &format!("{mark}{}", base64(60_000, 6, 0)))),
        ("DocumentReference/cut", document_reference("cut", "blob+of+chiron/data/")),
    ];
    for (name, json) in rows {
        put(&session, name, &json);
        let text = whole(&session, name);
        assert_eq!(without_stamp(&text), json, "{name}");
    }
}

#[test]
fn a_patch_leaves_long_contents_as_they_are() {
    let practice = Practice::new();
    let session = practice.administrator();
    let json = document_reference("x", &base64(90_000, 7, 50));
    put(&session, "DocumentReference/x", &json);
    let patch = br#"[{"op":"replace","path":"/status","value":"superseded"},
        {"op":"copy","from":"/content/0/attachment/data","path":"/content/1/attachment/data"}]"#;
    let action = WriteAction::Patch {
        target: Target::Key(key("DocumentReference/x")),
        patch: Patch::from_json(patch.to_vec()).unwrap(),
        expect: Expect::Any,
    };
    let written = session.write(WriteRequest { action, full_url: None }).unwrap();
    assert_eq!((written.effect, written.version), (Effect::Updated, 2));
    let text = whole(&session, "DocumentReference/x");
    let document = Document::parse(text).unwrap();
    let data: Vec<_> = document
        .root()
        .each_of("content")
        .map(|content| content.at_path(&["attachment", "data"]).unwrap().raw())
        .collect();
    assert_eq!(data.len(), 2);
    assert!(data[0] == data[1] && json.contains(data[0]));
    assert_eq!(document.root().get_str("status").as_deref(), Some("superseded"));
    // What was read can be written again elsewhere without its contents being looked at.
    let copy = session.read(&key("DocumentReference/x")).unwrap().document().unwrap();
    let target = Target::Key(key("DocumentReference/copy"));
    let copied = copy.text().replace(r#""id":"x""#, r#""id":"copy""#);
    let copied = Document::parse(copied).unwrap();
    let action = WriteAction::Update { target, resource: copied.root(), expect: Expect::Any };
    session.write(WriteRequest { action, full_url: None }).unwrap();
    assert!(whole(&session, "DocumentReference/copy").contains(data[0]));
}

#[test]
fn uploads_of_every_length_become_binaries() {
    let practice = Practice::new();
    let session = practice.administrator();
    let binary = schema().resource_named("Binary").unwrap();
    for (length, is_outside) in [(1usize, false), (49_152, false), (49_153, true), (1_000_000, true)] {
        let bytes: Vec<u8> = (0..=250u8).map(|step| step.wrapping_mul(17)).cycle().take(length).collect();
        let mut upload = session.upload(Interaction::Create, binary).unwrap();
        bytes.chunks(10_000).for_each(|piece| upload.write(piece).unwrap());
        let uploaded = upload.finish().unwrap();
        let json =
            format!(r#"{{"resourceType":"Binary","contentType":"image/png","data":"{}"}}"#, uploaded.data());
        let written = create(&session, &json, None).unwrap();
        let resource = written.resource.unwrap();
        assert_eq!(session.record().is_whole(&resource.to_json()), !is_outside);
        let mut content = session.content(&resource).unwrap().unwrap();
        assert_eq!(content.length, length as u64);
        let mut read = Vec::new();
        content.reader.read_to_end(&mut read).unwrap();
        assert!(read == bytes);
        content.reader.seek(SeekFrom::Start(length as u64 - 1)).unwrap();
        read.clear();
        content.reader.read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes[length - 1..]);
        // The same content as JSON is the same resource.
        let name = resource.key().to_string();
        let sent = without_stamp(&whole(&session, &name));
        assert_eq!(put(&session, &name, &sent), Effect::Unchanged);
    }
}
