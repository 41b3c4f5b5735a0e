//! How much may be asked in a while: what comes too fast is told to wait, and takes nothing from the others.

use crate::harness::folder::new_folder;
use crate::harness::http::Client;
use crate::harness::samples::put_both;
use crate::harness::server::Server;

/// How many of some requests are answered, and what the last was told.
fn answered(client: &mut Client, path: &str, count: usize) -> (usize, Option<String>) {
    let mut last = None;
    let answered = (0..count)
        .filter(|_| {
            let answer = client.get(path);
            last = answer.header("retry-after").map(str::to_owned);
            answer.status != 429
        })
        .count();
    (answered, last)
}

#[test]
fn a_program_that_runs_wild_is_told_to_wait_and_others_go_on() {
    let folder = new_folder();
    let rates = ["serve", "--requests-per-minute", "30, address=1000"];
    let server = Server::start_as(&folder.path().join("data"), &rates);
    let mut wild = server.administrator();
    assert_eq!(wild.post("/fhir", &put_both("one")).status, 200);
    let (count, wait) = answered(&mut wild, "/fhir/Patient/one", 60);
    assert!((29..50).contains(&count), "a minute's worth at once: {count}");
    let refused = wild.get("/fhir/Patient/one");
    assert_eq!((refused.status, refused.json()["issue"][0]["code"].as_str()), (429, Some("throttled")));
    assert!(wait.is_some_and(|seconds| seconds.parse::<u64>().unwrap() >= 1));
    // Somebody else goes on; people have their bounds too.
    let mut page = server.signed_in_by(&["sign-in-code", "--guest"]);
    assert_eq!(page.get("/p/one").status, 200);
    let (pages, _) = answered(&mut page, "/p/one", 60);
    assert!((25..50).contains(&pages), "{pages}");
    assert!(page.get("/p/one").text().contains("Very many pages"));
}

#[test]
fn an_address_that_floods_is_kept_off_before_anything_is_looked_at() {
    let folder = new_folder();
    let rates = ["serve", "--requests-per-minute", "address=100", "--behind-proxy"];
    let server = Server::start_as(&folder.path().join("data"), &rates);
    let from = |address: &str| server.client().with_header("x-forwarded-for", address);
    for path in ["/fhir/Patient/one", "/sign-in", "/nowhere"] {
        let (count, _) = answered(&mut from("192.0.2.7"), path, 110);
        assert!(count < 110, "{path}");
    }
    assert_eq!(from("192.0.2.8").get("/sign-in").status, 200, "another address goes on");
}
