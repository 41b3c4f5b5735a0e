//! TLS at the server's own socket (criterion d9), seen with OpenSSL as another's program.

use crate::harness::folder::new_folder;
use crate::harness::http::Client;
use crate::harness::program;
use crate::harness::server::{Server, free_address};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs `openssl`, which is installed with PostgreSQL.
fn openssl(folder: &Path, arguments: &str) {
    let made = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

const NEW_KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

fn make_authority(folder: &Path) {
    openssl(
        folder,
        &format!("req -x509 {NEW_KEY} -keyout authority.key -out authority.pem -subj /CN=authority -days 2"),
    );
}

/// Makes a certificate for localhost that the authority signed.
fn make_certificate(folder: &Path, name: &str) {
    openssl(folder, &format!("req {NEW_KEY} -keyout {name}.key -out {name}.csr -subj /CN={name}"));
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost").unwrap();
    openssl(
        folder,
        &format!(
            "x509 -req -in {name}.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile names -out {name}.pem"
        ),
    );
}

fn serve(folder: &Path, name: &str) -> Server {
    let file = |end: &str| folder.join(format!("{name}.{end}")).to_str().unwrap().to_owned();
    let (certificate, key) = (file("pem"), file("key"));
    Server::start_as(&folder.join("data"), &["serve", "--tls-certificate", &certificate, "--tls-key", &key])
}

/// What OpenSSL says and gets when it asks, with the certificate checked against the authority.
fn ask(folder: &Path, address: SocketAddr, how: &[&str], request: &str) -> String {
    let mut child = Command::new("openssl")
        .args([
            "s_client",
            "-connect",
            &address.to_string(),
            "-CAfile",
            "authority.pem",
            "-verify_return_error",
        ])
        .args(["-verify_hostname", "localhost", "-servername", "localhost", "-ign_eof"])
        .args(how)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that is refused does not read.
    let _ = child.stdin.take().unwrap().write_all(request.as_bytes());
    let output = child.wait_with_output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

#[test]
fn d9_tls_1_2_and_1_3_alone_are_spoken() {
    let folder = new_folder();
    make_authority(folder.path());
    make_certificate(folder.path(), "server");
    let server = serve(folder.path(), "server");
    for (version, name) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let answer = ask(folder.path(), server.address(), &[version], &get("/fhir/metadata"));
        assert!(answer.contains("HTTP/1.1 200") && answer.contains("CapabilityStatement"), "{answer}");
        assert!(answer.contains(name) && answer.contains("Verify return code: 0"), "{answer}");
        assert!(answer.contains("strict-transport-security: max-age=31536000"), "{answer}");
    }
    // OpenSSL itself offers these only when its own level is lowered.
    for version in ["-tls1", "-tls1_1"] {
        let how = [version, "-cipher", "DEFAULT@SECLEVEL=0"];
        let refused = ask(folder.path(), server.address(), &how, &get("/fhir/metadata"));
        assert!(refused.contains("SSL alert number") && !refused.contains("HTTP/1.1"), "{refused}");
    }
    let weak = ["-tls1_2", "-cipher", "AES128-SHA:AES256-SHA256@SECLEVEL=0"];
    let refused = ask(folder.path(), server.address(), &weak, &get("/fhir/metadata"));
    assert!(refused.contains("SSL alert number") && !refused.contains("HTTP/1.1"), "{refused}");
    let both = ask(folder.path(), server.address(), &["-alpn", "h2"], &get("/"));
    assert!(both.contains("ALPN protocol: h2"), "{both}");
    // Who forgot the s is told so.
    let plain = Client::new(server.address()).get("/");
    assert!(plain.status == 400 && plain.text().contains("https://"), "{plain:?}");
    server.stop();
}

#[test]
fn d9_the_session_and_all_links_are_for_tls() {
    let folder = new_folder();
    make_authority(folder.path());
    make_certificate(folder.path(), "server");
    let server = serve(folder.path(), "server");
    let discovery = ask(folder.path(), server.address(), &[], &get("/fhir/.well-known/smart-configuration"));
    let token = format!("https://{}/oauth/token", server.address());
    assert!(discovery.contains(&token) && !discovery.contains("http://127"), "{discovery}");
    let code = program::succeed(server.data(), ["sign-in-code"])["code"].as_str().unwrap().to_owned();
    let form = format!("code={code}");
    let sign_in = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {0}\r\nOrigin: https://{0}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {1}\r\nConnection: close\r\n\r\n{form}",
        server.address(),
        form.len()
    );
    let answer = ask(folder.path(), server.address(), &[], &sign_in);
    let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap_or(&answer);
    assert!(cookie.starts_with("__Host-chiron-session="), "{cookie}");
    assert!(
        ["; Path=/", "; HttpOnly", "; SameSite=Strict", "; Secure"].iter().all(|part| cookie.contains(part)),
        "{cookie}"
    );
    let value = cookie.split(';').next().unwrap();
    let with_cookie = |cookie: &str| {
        let request = format!(
            "GET /patients HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n",
            server.address()
        );
        ask(folder.path(), server.address(), &[], &request)
    };
    assert!(with_cookie(value).contains("HTTP/1.1 200"));
    // The same secret under the name that any neighbouring site could set is no session.
    assert!(with_cookie(value.trim_start_matches("__Host-")).contains("HTTP/1.1 303"));
    server.stop();
}

#[test]
fn d9_a_new_certificate_is_taken_without_a_stop_and_a_wrong_one_is_not() {
    let folder = new_folder();
    let folder = folder.path();
    make_authority(folder);
    make_certificate(folder, "server");
    make_certificate(folder, "renewed");
    let server = serve(folder, "server");
    let subject = || ask(folder, server.address(), &[], &get("/fhir/metadata"));
    assert!(subject().contains("CN = server"), "{}", subject());
    // A file that is half written changes nothing.
    let good = std::fs::read(folder.join("renewed.pem")).unwrap();
    std::fs::write(folder.join("server.pem"), &good[..good.len() / 2]).unwrap();
    std::thread::sleep(Duration::from_secs(3));
    assert!(subject().contains("CN = server"));
    std::fs::copy(folder.join("renewed.key"), folder.join("server.key")).unwrap();
    std::fs::copy(folder.join("renewed.pem"), folder.join("server.pem")).unwrap();
    let begun = Instant::now();
    while !subject().contains("CN = renewed") {
        assert!(begun.elapsed() < Duration::from_secs(60), "the certificate is not taken");
        std::thread::sleep(Duration::from_millis(200));
    }
    server.stop();
}

#[test]
fn d9_a_certificate_that_ends_soon_is_told_of() {
    let folder = new_folder();
    let folder = folder.path();
    make_authority(folder);
    make_certificate(folder, "server");
    let log = folder.join("log");
    let files = ["server.pem", "server.key"].map(|name| folder.join(name).to_str().unwrap().to_owned());
    let arguments = ["serve", "--tls-certificate", &files[0], "--tls-key", &files[1]];
    let server = Server::start_logged(&folder.join("data"), &arguments, &log);
    assert!(ask(folder, server.address(), &[], &get("/fhir/metadata")).contains("HTTP/1.1 200"));
    let begun = Instant::now();
    let told = loop {
        let log = std::fs::read_to_string(&log).unwrap();
        if let Some(line) = log.lines().find(|line| line.contains("the server's certificate ends at")) {
            break line.to_owned();
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the certificate is not told of: {log}");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(told.contains("in 1 days: put a newer one in") && told.contains(&files[0]), "{told}");
    server.stop();
}

#[test]
fn d9_a_wrong_file_is_named_and_with_a_certificate_the_network_is_served() {
    let folder = new_folder();
    let folder = folder.path();
    make_authority(folder);
    make_certificate(folder, "server");
    make_certificate(folder, "other");
    std::fs::write(folder.join("text"), "no certificate").unwrap();
    let data = folder.join("data");
    for (certificate, key, sign) in [
        ("server.pem", "other.key", "is not the key of the first certificate"),
        ("text", "server.key", "holds no certificate"),
        ("server.pem", "text", "private key in PEM"),
        ("missing", "server.key", "tls-certificate"),
    ] {
        let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        let arguments = ["serve", "--tls-certificate", &path(certificate), "--tls-key", &path(key)];
        let outcome =
            program::run(&data, arguments.into_iter().chain(["--listen", &free_address().to_string()]));
        assert!(outcome.code == Some(1) && outcome.failure().contains(sign), "{outcome:?}");
    }
    let alone = program::run(&data, ["serve", "--tls-key", "x"]);
    assert!(alone.code == Some(1) && alone.failure().contains("needs tls-certificate"), "{alone:?}");

    let listen = format!("0.0.0.0:{}", free_address().port());
    let files =
        [folder.join("server.pem"), folder.join("server.key")].map(|path| path.to_str().unwrap().to_owned());
    let mut command = program::command(
        &data,
        ["serve", "--listen", &listen, "--tls-certificate", &files[0], "--tls-key", &files[1]],
    );
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let address: SocketAddr = listen.replace("0.0.0.0", "127.0.0.1").parse().unwrap();
    let begun = Instant::now();
    while std::net::TcpStream::connect(address).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing is served");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(ask(folder, address, &[], &get("/fhir/metadata")).contains("HTTP/1.1 200"));
    child.kill().unwrap();
    child.wait().unwrap();
}
