//! Certificates from an authority by ACME (criterion d9): the program orders, proves, renews and keeps, and an authority that
//! the scenarios play gives and refuses.

use crate::harness::authority::Authority;
use crate::harness::folder::{contents, new_folder};
use crate::harness::program;
use crate::harness::server::{Server, free_address};
use crate::harness::tls_client::{TlsClient, TlsConnection};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// The setting that says whom the authority may write to, and how it is told.
const OFFICE: [&str; 2] = ["--acme-contact", "office@practice.example"];
const OFFICE_URL: &str = "mailto:office@practice.example";

const PATIENCE: Duration = Duration::from_secs(120);

/// Starts a server that asks the authority for a certificate for names, and that it looks at.
fn serve_for(hosts: &str, authority: &Authority, folder: &Path, more: &[&str]) -> Server {
    let (directory, certificate) =
        (authority.directory(), authority.certificate().to_str().unwrap().to_owned());
    let mut arguments = vec!["serve", "--acme-host", hosts, "--acme-directory", &directory];
    arguments.extend(["--acme-directory-certificate", &certificate]);
    arguments.extend(more);
    let server = Server::start_logged(&folder.join("data"), &arguments, &folder.join("log"));
    authority.look_at(server.address());
    server
}

fn serve(authority: &Authority, folder: &Path, more: &[&str]) -> Server {
    serve_for("localhost", authority, folder, more)
}

/// Waits until something is there; a failure shows the log.
fn wait<T>(folder: &Path, for_what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("waited in vain for {for_what}: {}", log(folder));
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_default()
}

fn wait_for_log(folder: &Path, sign: &str) {
    wait(folder, &format!("'{sign}' in the log"), || log(folder).contains(sign).then_some(()));
}

fn wait_for_connection(folder: &Path, client: &TlsClient) -> TlsConnection {
    wait(folder, "a certificate that holds", || client.connect().ok())
}

fn metadata(connection: &mut TlsConnection) {
    let answer = connection.send("GET", "/fhir/metadata", &[], "").unwrap();
    assert!(answer.status == 200 && answer.text().contains("CapabilityStatement"), "{answer:?}");
}

#[test]
fn d9_one_setting_gives_a_certificate_which_is_kept_over_a_restart_with_its_key_sealed() {
    let folder = new_folder();
    let folder = folder.path();
    let authority = Authority::start(folder);
    let server = serve(&authority, folder, &OFFICE);
    wait_for_log(folder, "there is no certificate for localhost yet");
    let mut connection = wait_for_connection(folder, &authority.client(server.address()));
    metadata(&mut connection);
    let token = program::succeed(server.data(), ["token", "--scope", "system/*.cruds"])["token"].clone();
    let token = format!("Bearer {}", token.as_str().unwrap());
    let headers = [("authorization", token.as_str()), ("content-type", "application/fhir+json")];
    let patient = json!({ "resourceType": "Patient", "name": [{ "family": "Moreno" }] }).to_string();
    let made = connection.send("POST", "/fhir/Patient", &headers, &patient).unwrap();
    assert_eq!(made.status, 201, "{}", made.text());
    // Links lead to the name, at the port that authorities look at.
    assert!(made.header("location").unwrap().starts_with("https://localhost/fhir/Patient/"), "{made:?}");
    let certificate = connection.certificate();
    assert_eq!((authority.given(), authority.contacts()), (1, vec![json!([OFFICE_URL])]));
    server.stop();

    for (name, bytes) in contents(&folder.join("data")) {
        for sign in ["PRIVATE KEY", "key_pkcs8", "BEGIN CERTIFICATE"] {
            let is_there = bytes.windows(sign.len()).any(|window| window == sign.as_bytes());
            assert!(!is_there, "{name} has '{sign}' in clear");
        }
    }

    let requests = authority.requests();
    let server = serve(&authority, folder, &OFFICE);
    // The first connection already gets what was kept.
    let mut connection = authority.client(server.address()).connect().unwrap();
    metadata(&mut connection);
    assert_eq!(connection.certificate(), certificate);
    drop(connection);
    server.stop();
    assert_eq!((authority.requests(), authority.given()), (requests, 1), "{}", log(folder));
}

#[test]
fn d9_a_certificate_is_renewed_before_it_ends_and_no_connection_is_lost() {
    let folder = new_folder();
    let folder = folder.path();
    let authority = Authority::start(folder);
    authority.give_for(Duration::from_secs(40));
    let server = serve(&authority, folder, &[]);
    let client = authority.client(server.address());
    let mut kept = wait_for_connection(folder, &client);
    authority.give_for(Duration::from_secs(90 * 24 * 60 * 60));
    metadata(&mut kept);
    let first = kept.certificate();
    // Each new connection finds a certificate that holds, until one finds the new one.
    let second = wait(folder, "the new certificate", || {
        let mut connection = client.connect().expect("a certificate that holds at every moment");
        metadata(&mut connection);
        Some(connection.certificate()).filter(|certificate| *certificate != first)
    });
    assert_ne!(first, second);
    metadata(&mut kept);
    assert_eq!(authority.given(), 2);
    // The authority knew the account.
    assert_eq!(authority.contacts().len(), 1);
    server.stop();
}

#[test]
fn d9_an_authority_that_refuses_is_told_of_with_its_reason_and_asked_again() {
    let folder = new_folder();
    let folder = folder.path();
    let authority = Authority::start(folder);
    authority.refuse_once("practices are on the list of refused names");
    let nobody = free_address();
    authority.look_once_at(nobody);
    let server = serve(&authority, folder, &[]);
    wait_for_log(folder, "practices are on the list of refused names");
    wait_for_log(folder, "asked again in 5 seconds");
    // Then it takes the order, and finds no proof where it looks.
    wait_for_log(folder, &format!("localhost: API error: the server at {nobody} gives no proof"));
    wait_for_log(folder, "asked again in 25 seconds");
    // Commands work meanwhile.
    program::verify(server.data());
    metadata(&mut wait_for_connection(folder, &authority.client(server.address())));
    assert_eq!(authority.given(), 1);
    server.stop();
}

#[test]
fn d9_another_authority_name_or_contact_is_asked_for_a_certificate_of_its_own() {
    let folder = new_folder();
    let folder = folder.path();
    let authority = Authority::start(folder);
    let server = serve(&authority, folder, &[]);
    let first = wait_for_connection(folder, &authority.client(server.address())).certificate();
    server.stop();

    // The authority was set up anew, and somebody is to be written to.
    authority.forget_accounts();
    let server = serve_for("localhost,practice.localhost", &authority, folder, &OFFICE);
    let client = authority.client(server.address());
    // The one for fewer names holds until the other is there.
    wait(folder, "the certificate for both names", || {
        let certificate = client.connect().unwrap().certificate();
        Some(certificate).filter(|certificate| *certificate != first)
    });
    assert_eq!((authority.given(), authority.contacts()), (2, vec![json!([]), json!([OFFICE_URL])]));
    server.stop();

    let other_folder = new_folder();
    let other = Authority::start(other_folder.path());
    let server = serve(&other, folder, &[]);
    wait_for_connection(folder, &other.client(server.address()));
    assert_eq!((authority.given(), other.given()), (2, 1));
    server.stop();
    // It knows the account when it is asked again, and is told of the contact.
    let server = serve_for("practice.localhost,localhost", &other, folder, &OFFICE);
    wait(folder, "the second certificate", || (other.given() == 2).then_some(()));
    assert_eq!(other.contacts(), [json!([OFFICE_URL])]);
    server.stop();
}

#[test]
fn d9_nothing_but_the_proof_is_said_by_its_protocol() {
    let folder = new_folder();
    let folder = folder.path();
    let authority = Authority::start(folder);
    let server = serve(&authority, folder, &[]);
    wait_for_connection(folder, &authority.client(server.address()));
    // When no proof is asked for, there is none, and the certificate is not given for it.
    let address = server.address().to_string();
    let asked = std::process::Command::new("openssl")
        .args(["s_client", "-connect", &address, "-servername", "localhost", "-alpn", "acme-tls/1"])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&asked.stdout).into_owned();
    assert!(!asked.status.success() && said.contains("no peer certificate available"), "{said}");
    server.stop();
}

#[test]
fn d9_settings_that_do_not_fit_are_named_with_their_remedy() {
    let folder = new_folder();
    let data = folder.path().join("data");
    for (arguments, sign) in [
        (
            &["--acme-host", "localhost", "--tls-certificate", "a", "--tls-key", "b"][..],
            "leave out the one or the others",
        ),
        (&["--acme-contact", "office@practice.example"], "needs acme-host"),
        (&["--acme-host", "*.practice.example"], "write each name"),
        (&["--acme-host", "localhost", "--acme-directory", "http://localhost/"], "is the https URL"),
        (
            &["--acme-host", "localhost", "--acme-directory-certificate", "missing"],
            "acme-directory-certificate missing",
        ),
        (&["--http-redirect-listen", "127.0.0.1:0"], "is not https"),
        (
            &["--acme-host", "localhost", "--http-redirect-listen", "80"],
            "an address and port like 0.0.0.0:80",
        ),
    ] {
        let listen = free_address().to_string();
        let all = ["serve", "--listen", &listen].into_iter().chain(arguments.iter().copied());
        let outcome = program::run(&data, all);
        assert!(outcome.code == Some(1) && outcome.failure().contains(sign), "{sign}: {outcome:?}");
    }
}
