//! Contents are shown to clamd before they are kept, whichever way they come; clamd is played.

use crate::harness::folder::new_folder;
use crate::harness::program::{self, verify};
use crate::harness::samples::put_both;
use crate::harness::server::Server;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the played scanner takes for a virus.
const VIRUS: &[u8] = b"THIS-IS-TAKEN-FOR-A-VIRUS";
/// Bytes that it takes at most.
const LONGEST: usize = 1 << 20;

/// A scanner, and how many contents it has seen.
struct Clamd {
    address: SocketAddr,
    seen: Arc<AtomicUsize>,
}

impl Clamd {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counted = Arc::clone(&counted);
                std::thread::spawn(move || look(stream, &counted));
            }
        });
        Self { address, seen }
    }

    fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

fn look(mut stream: TcpStream, seen: &AtomicUsize) -> Option<()> {
    let mut command = [0; 10];
    stream.read_exact(&mut command).ok()?;
    assert_eq!(&command, b"zINSTREAM\0");
    let mut content = Vec::new();
    loop {
        let mut length = [0; 4];
        stream.read_exact(&mut length).ok()?;
        let length = u32::from_be_bytes(length) as usize;
        if length == 0 {
            break;
        }
        let from = content.len();
        content.resize(from + length, 0);
        stream.read_exact(&mut content[from..]).ok()?;
        if content.len() > LONGEST {
            return stream.write_all(b"INSTREAM size limit exceeded. ERROR\0").ok();
        }
    }
    seen.fetch_add(1, Ordering::SeqCst);
    let is_virus = content.windows(VIRUS.len()).any(|window| window == VIRUS);
    let verdict: &[u8] = if is_virus { b"stream: Sample.Virus FOUND\0" } else { b"stream: OK\0" };
    stream.write_all(verdict).ok()
}

fn start(folder: &std::path::Path, scanner: &str) -> Server {
    let file = folder.join("settings.toml");
    std::fs::write(&file, format!("virus-scanner = \"{scanner}\"")).unwrap();
    Server::start_as(&folder.join("data"), &["serve", "--config", file.to_str().unwrap()])
}

/// A report of one, with a content inside.
fn report(content: &[u8]) -> Value {
    json!({ "resourceType": "DocumentReference", "status": "current", "subject": { "reference": "Patient/one" },
        "content": [{ "attachment": { "contentType": "application/pdf", "data": STANDARD.encode(content) } }] })
}

#[test]
fn content_that_the_scanner_refuses_is_kept_by_no_way() {
    let (folder, clamd) = (new_folder(), Clamd::start());
    let server = start(folder.path(), &clamd.address.to_string());
    let mut api = server.administrator();
    assert_eq!(api.post("/fhir", &put_both("one")).status, 200);
    assert_eq!(clamd.seen(), 0, "what carries no content is not shown");
    let clean = b"a clean text of a scan".to_vec();
    let long = |virus: &[u8]| [vec![b'x'; 200_000], virus.to_vec(), vec![b'y'; 100]].concat();
    let pdf = [("content-type", "application/pdf")];
    for content in [clean.clone(), long(b"")] {
        let sent = api.send("POST", "/fhir/Binary", &pdf, &content);
        assert_eq!(sent.status, 201, "{}", sent.text());
        assert_eq!(api.post("/fhir/DocumentReference", &report(&content)).status, 201);
    }
    assert_eq!(clamd.seen(), 4, "each is shown once");
    for content in [VIRUS.to_vec(), long(VIRUS)] {
        let binary =
            json!({ "resourceType": "Binary", "contentType": "x/y", "data": STANDARD.encode(&content) });
        let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": [
            { "resource": report(&clean), "request": { "method": "POST", "url": "DocumentReference" } },
            { "resource": report(&content), "request": { "method": "POST", "url": "DocumentReference" } }] });
        let refused = [
            api.send("POST", "/fhir/Binary", &pdf, &content),
            api.send("PUT", "/fhir/Binary/mine", &pdf, &content),
            api.post("/fhir/Binary", &binary),
            api.post("/fhir/DocumentReference", &report(&content)),
            api.post("/fhir", &bundle),
        ];
        for (way, refused) in refused.iter().enumerate() {
            assert_eq!(refused.status, 422, "way {way}: {}", refused.text());
            assert!(refused.text().contains("Sample.Virus"), "way {way}: {}", refused.text());
        }
    }
    let found = api.get_json("/fhir/DocumentReference?_summary=count");
    assert_eq!(found["total"], 2, "nothing of a refused transaction is written");
    let audit = api.get_json("/fhir/AuditEvent?_count=1000").to_string();
    assert!(audit.contains("virus scanner found Sample.Virus"), "it stands in the audit log");
    // What it cannot look at is not kept either.
    let too_long = api.send("POST", "/fhir/Binary", &pdf, &vec![b'x'; LONGEST + 100_000]);
    assert_eq!(too_long.status, 503, "{}", too_long.text());
    server.stop();
    verify(&folder.path().join("data"));
}

#[test]
fn without_the_scanner_that_is_set_no_content_is_kept_and_the_rest_goes_on() {
    let folder = new_folder();
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = start(folder.path(), &nowhere.to_string());
    let mut api = server.administrator();
    assert_eq!(api.post("/fhir", &put_both("one")).status, 200);
    for sent in [
        api.send("POST", "/fhir/Binary", &[("content-type", "application/pdf")], b"x"),
        api.post("/fhir/DocumentReference", &report(b"x")),
    ] {
        assert_eq!(sent.status, 503, "{}", sent.text());
    }
    server.stop();
    let wrong = program::run(
        &folder.path().join("data"),
        ["serve", "--config", &{
            let file = folder.path().join("wrong.toml");
            std::fs::write(&file, "virus-scanner = \"clamd\"").unwrap();
            file.to_string_lossy().into_owned()
        }],
    );
    assert!(wrong.failure().contains("host:port"), "{wrong:?}");
}
