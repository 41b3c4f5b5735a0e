//! Files of any size go in and out of a practice in little memory, whole or not at all, and are in its copies.

use crate::harness::folder::{copy_key, new_folder};
use crate::harness::http::Client;
use crate::harness::program::{self, verify};
use crate::harness::random::Random;
use crate::harness::server::Server;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::{Cursor, Read, Result};
use std::path::Path;
use std::time::Duration;

const OCTETS: [(&str, &str); 1] = [("content-type", "application/octet-stream")];
const AS_IT_IS: [(&str, &str); 1] = [("accept", "application/octet-stream")];

/// The greatest growth of the server's memory, in kibibytes.
const GROWTH_MAX_KIB: u64 = 64 << 10;

/// Bytes that no compression shrinks, the same for the same seed: blocks that differ in their number.
struct Noise {
    block: Vec<u8>,
    number: u64,
    given: usize,
}

const BLOCK_BYTES: usize = 1 << 20;

impl Noise {
    fn of(seed: u64) -> Self {
        let mut random = Random::from_seed(seed);
        let block = (0..BLOCK_BYTES / 8).flat_map(|_| random.next().to_le_bytes()).collect();
        Self { block, number: 0, given: 0 }
    }
}

impl Read for Noise {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.given == BLOCK_BYTES {
            self.number += 1;
            self.block[..8].copy_from_slice(&self.number.to_le_bytes());
            self.given = 0;
        }
        let count = (&self.block[self.given..]).read(buffer)?;
        self.given += count;
        Ok(count)
    }
}

/// Whether two readers give the same bytes; and how many there were.
fn compare(mut found: impl Read, mut wanted: impl Read) -> (bool, u64) {
    let (mut ours, mut theirs) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut length = 0;
    loop {
        let count = found.read(&mut theirs).unwrap();
        if count == 0 {
            return (true, length);
        }
        wanted.read_exact(&mut ours[..count]).unwrap();
        if ours[..count] != theirs[..count] {
            return (false, length);
        }
        length += count as u64;
    }
}

/// A line of what the system knows of a process's memory, in kibibytes.
fn memory_kib(process: u32, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
}

fn size_bytes() -> u64 {
    let megabytes = std::env::var("CHIRON_UPLOAD_MB").map_or(1024, |text| text.parse().expect("a number"));
    megabytes << 20
}

fn upload(client: &Client, id: &str, seed: u64, bytes: u64) {
    let path = format!("/fhir/Binary/{id}");
    let answer = client.send_from(("PUT", &path), &OCTETS, bytes, &mut Noise::of(seed)).unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text());
}

#[test]
fn a_gigabyte_goes_in_and_out_in_little_memory() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let (mut client, size) = (server.administrator(), size_bytes());
    upload(&client, "first", 1, 1 << 20);
    let (before, process) = (memory_kib(server.process(), "VmRSS"), server.process());
    // From here on the peak counts anew.
    std::fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
    let growth = || memory_kib(process, "VmHWM").saturating_sub(before);

    upload(&client, "large", 2, size);
    println!("upload of {size} bytes: {} KiB more", growth());
    assert!(growth() < GROWTH_MAX_KIB, "{} KiB", growth());

    let (answer, body) = client.get_streamed("/fhir/Binary/large", &AS_IT_IS).unwrap();
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    assert_eq!(compare(body, Noise::of(2)), (true, size));
    println!("download as it is: {} KiB more", growth());

    let (answer, body) = client.get_streamed("/fhir/Binary/large", &[]).unwrap();
    assert_eq!(answer.header("content-type"), Some("application/fhir+json;charset=utf-8"));
    let (start, end) = json_around_data(&mut client);
    let base64 = size.div_ceil(3) * 4;
    let mut whole = body;
    let mut head = vec![0; start.len()];
    whole.read_exact(&mut head).unwrap();
    assert_eq!(String::from_utf8(head).unwrap(), start);
    assert_eq!(compare((&mut whole).take(base64), Base64::of(Noise::of(2).take(size))), (true, base64));
    let mut tail = String::new();
    whole.read_to_string(&mut tail).unwrap();
    assert_eq!(tail, end);
    println!("download as base64 in JSON: {} KiB more", growth());

    // A client that asks and does not read.
    let (_, unread) = client.get_streamed("/fhir/Binary/large", &[]).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    assert!(growth() < GROWTH_MAX_KIB, "{} KiB", growth());
    drop(unread);

    let range = [AS_IT_IS[0], ("range", "bytes=-1000")];
    let answer = client.send("GET", "/fhir/Binary/large", &range, b"");
    assert_eq!((answer.status, answer.body.len()), (206, 1000));
    verify(server.data());
    assert!(growth() < GROWTH_MAX_KIB, "{} KiB", growth());
    server.stop();
}

/// What stands before and behind the data of the large Binary: as in the small one, which was sent in the same way.
fn json_around_data(client: &mut Client) -> (String, String) {
    let large = client.get_json("/fhir/Binary/large?_elements=contentType");
    let updated = large["meta"]["lastUpdated"].as_str().unwrap();
    let start = format!(
        r#"{{"resourceType":"Binary","id":"large","meta":{{"versionId":"1","lastUpdated":"{updated}"}},"contentType":"application/octet-stream","data":""#
    );
    (start, "\"}".to_owned())
}

/// Base64 of what a reader gives.
struct Base64<R> {
    reader: R,
    letters: Cursor<String>,
}

impl<R: Read> Base64<R> {
    fn of(reader: R) -> Self {
        Self { reader, letters: Cursor::default() }
    }
}

impl<R: Read> Read for Base64<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.letters.position() == self.letters.get_ref().len() as u64 {
            let mut piece = Vec::new();
            (&mut self.reader).take(3 << 14).read_to_end(&mut piece)?;
            self.letters = Cursor::new(STANDARD.encode(piece));
        }
        self.letters.read(buffer)
    }
}

#[test]
fn an_upload_that_is_cut_off_leaves_nothing() {
    let folder = new_folder();
    let data = folder.path().join("data");
    let server = Server::start(&data);
    let client = server.administrator();
    upload(&client, "kept", 3, 3 << 20);
    std::thread::scope(|scope| {
        let cut_off = scope.spawn(|| {
            let mut slow = Slow(Noise::of(4));
            client.send_from(("PUT", "/fhir/Binary/lost"), &OCTETS, 1 << 30, &mut slow).is_err()
        });
        let is_coming_in = || std::fs::read_dir(data.join("blobs/incoming")).unwrap().count() > 0;
        while !is_coming_in() {
            std::thread::sleep(Duration::from_millis(5));
        }
        server.kill();
        assert!(cut_off.join().unwrap());
    });
    let server = Server::start(&data);
    assert_eq!(std::fs::read_dir(data.join("blobs/incoming")).unwrap().count(), 0);
    let mut client = server.administrator();
    assert_eq!(client.get("/fhir/Binary/lost").status, 404);
    let (_, body) = client.get_streamed("/fhir/Binary/kept", &AS_IT_IS).unwrap();
    assert_eq!(compare(body, Noise::of(3)), (true, 3 << 20));
    assert_eq!(verify(&data)["contents"], 1);
}

/// A reader that takes its time.
struct Slow<R>(R);

impl<R: Read> Read for Slow<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        std::thread::sleep(Duration::from_millis(1));
        self.0.read(buffer)
    }
}

#[test]
fn files_are_in_copies_exports_and_checks() {
    let folder = new_folder();
    let place = |name: &str| folder.path().join(name);
    let server = Server::start(&place("data"));
    upload(&server.administrator(), "scan", 5, 3_000_001);
    program::succeed(server.data(), ["backup", place("copy").to_str().unwrap()]);
    program::succeed(server.data(), ["export", place("export").to_str().unwrap()]);
    server.stop();
    program::succeed(&place("restored"), ["restore", place("copy").to_str().unwrap()]);
    copy_key(&place("data"), &place("restored"));
    program::succeed(&place("imported"), ["import", place("export").to_str().unwrap()]);
    for name in ["restored", "imported"] {
        assert_eq!(verify(&place(name))["contents"], 1);
        let server = Server::start(&place(name));
        let client = server.administrator();
        let (_, body) = client.get_streamed("/fhir/Binary/scan", &AS_IT_IS).unwrap();
        assert_eq!(compare(body, Noise::of(5)), (true, 3_000_001), "{name}");
        server.stop();
    }
    damage(&place("restored/blobs"));
    let outcome = program::run(&place("restored"), ["verify"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(format!("{outcome:?}").contains("Binary/scan/_history/1"), "{outcome:?}");
}

/// Changes a byte of the only file in a folder of contents.
fn damage(blobs: &Path) {
    let folders = std::fs::read_dir(blobs).unwrap().map(|entry| entry.unwrap().path());
    let mut files =
        folders.flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let file = files.next().unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[1_000_000] ^= 4;
    std::fs::write(file, bytes).unwrap();
}
