//! Connections to the database that nobody listens to.

use crate::sample::*;
use crate::server::{PrivatePostgres, connect};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use store::{PostgresStore, Store};

/// Runs `openssl`, which is installed with PostgreSQL.
fn openssl(directory: &Path, arguments: &str) {
    let made = Command::new("openssl").args(arguments.split(' ')).current_dir(directory).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// Makes two authorities, and a certificate for localhost that the first one signed.
fn make_certificates(directory: &Path) {
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    for name in ["authority", "other"] {
        openssl(
            directory,
            &format!("req -x509 {key} -keyout {name}.key -out {name}.pem -subj /CN={name} -days 2"),
        );
    }
    openssl(directory, &format!("req {key} -keyout server.key -out server.csr -subj /CN=localhost"));
    std::fs::write(directory.join("names"), "subjectAltName=DNS:localhost").unwrap();
    openssl(
        directory,
        "x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile names \
         -out server.pem",
    );
    std::fs::set_permissions(directory, PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::set_permissions(directory.join("server.key"), PermissionsExt::from_mode(0o600)).unwrap();
    // The server is another user when root runs the tests.
    let _ = Command::new("chown").arg("postgres").arg(directory.join("server.key")).output();
}

#[test]
fn connections_to_the_database_are_encrypted_and_its_certificate_is_checked() {
    let directory = tempfile::tempdir().unwrap();
    make_certificates(directory.path());
    let file = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (certificate, private) = (file("server.pem"), file("server.key"));
    let settings =
        ["ssl=on".to_owned(), format!("ssl_cert_file={certificate}"), format!("ssl_key_file={private}")];
    let settings: Vec<&str> = settings.iter().flat_map(|setting| ["-c", setting]).collect();
    let server = PrivatePostgres::start(&settings);
    let url = server.database();
    let (authority, other) = (file("authority.pem"), file("other.pem"));
    let open = |host: &str, mode: &str, authority: Option<&str>| {
        let authority =
            authority.map(|file| format!("&sslrootcert={}", file.replace('/', "%2F"))).unwrap_or_default();
        let url = format!("{}?sslmode={mode}{authority}", url.replace("127.0.0.1", host));
        PostgresStore::open(&url, &directory.path().join("data"), &open_options())
    };
    for (host, mode, authority, is_encrypted) in [
        ("127.0.0.1", "disable", None, false),
        ("127.0.0.1", "require", None, true),
        ("127.0.0.1", "verify-ca", Some(&*authority), true),
        ("localhost", "verify-full", Some(&*authority), true),
    ] {
        let store = open(host, mode, authority).unwrap_or_else(|error| panic!("{mode}: {error}"));
        store.commit(batch(1, [patient("a", mode)])).unwrap();
        assert!(store.read(&key("Patient/a")).unwrap().unwrap().text().contains(mode));
        let seen = connect(&url).rows(
            "SELECT count(*)::text, bool_and(ssl)::text FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
            WHERE application_name LIKE 'chiron %'",
        );
        let [count, encrypted] = &seen[0];
        assert!(count != "0" && encrypted == &is_encrypted.to_string(), "{mode}: {seen:?}");
    }
    for (host, mode, authority, says) in [
        ("127.0.0.1", "verify-full", Some(&*authority), "NotValidForName"),
        ("localhost", "verify-full", Some(&*other), "UnknownIssuer"),
        ("localhost", "verify-ca", Some(&*other), "UnknownIssuer"),
        ("localhost", "require", Some(&*other), "UnknownIssuer"),
        ("localhost", "verify-full", None, "UnknownIssuer"),
        ("localhost", "verify-full", Some("/nowhere.pem"), "/nowhere.pem"),
        ("localhost", "prefer", None, "disable, require, verify-ca and verify-full"),
    ] {
        let refused = open(host, mode, authority).err().unwrap_or_else(|| panic!("{mode} was not refused"));
        let text = format!("{refused}: {:?}", std::error::Error::source(&refused).map(ToString::to_string));
        assert!(text.contains(says), "{mode}: {text}");
    }
}

#[test]
fn a_database_that_does_not_encrypt_is_not_written_to_in_the_open() {
    let url = crate::server::database();
    let directory = tempfile::tempdir().unwrap();
    let opened = PostgresStore::open(&format!("{url}?sslmode=require"), directory.path(), &open_options());
    let refused = opened.err().unwrap();
    let text = format!("{refused}: {:?}", std::error::Error::source(&refused).map(ToString::to_string));
    assert!(text.contains("does not support TLS"), "{text}");
}
