//! The look at a proof, as RFC 8737 §3 has authorities do it: a connection with the one protocol, and a certificate that
//! is for the one name and has the hash.

use ring::digest::{SHA256, digest};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::ring as by_ring;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate};

const PROTOCOL: &[u8] = b"acme-tls/1";

/// The extension with the hash: id-pe-acmeIdentifier.
const IDENTIFIER: &str = "1.3.6.1.5.5.7.1.31";

const PATIENCE: Duration = Duration::from_secs(10);

/// Looks whether a server proves that a host is of the account that a key authorization is of.
pub fn look(server: SocketAddr, host: &str, authorization: &str) -> Result<(), String> {
    let certificate = fetch(server, host)?;
    let (_, certificate) =
        X509Certificate::from_der(&certificate).map_err(|error| format!("no certificate: {error}"))?;
    let names =
        certificate.subject_alternative_name().ok().flatten().ok_or("the certificate is for no name")?;
    let is_for_host =
        matches!(names.value.general_names.as_slice(), [GeneralName::DNSName(name)] if *name == host);
    let identifier = certificate.extensions().iter().find(|one| one.oid.to_id_string() == IDENTIFIER);
    let identifier = identifier.ok_or("the certificate has no identifier")?;
    let hash = digest(&SHA256, authorization.as_bytes());
    let expected = [&[4, 32], hash.as_ref()].concat();
    match () {
        () if !is_for_host => Err(format!("the certificate is for {:?}", names.value)),
        () if !identifier.critical => Err("the identifier is not critical".to_owned()),
        () if !matches!(identifier.parsed_extension(), ParsedExtension::UnsupportedExtension { .. }) => {
            Err("the identifier is something else".to_owned())
        }
        () if identifier.value != expected => Err("the identifier has another hash".to_owned()),
        () => Ok(()),
    }
}

fn fetch(server: SocketAddr, host: &str) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("the server at {server} gives no proof: {error}");
    let provider = Arc::new(by_ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let mut stream = TcpStream::connect(server).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(|error| error.to_string())?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).map_err(failed)?;
    }
    if connection.alpn_protocol() != Some(PROTOCOL) {
        return Err("the server does not speak acme-tls/1".to_owned());
    }
    let certificate = connection.peer_certificates().and_then(<[_]>::first);
    certificate.map(|one| one.to_vec()).ok_or_else(|| "the server has no certificate".to_owned())
}

/// Takes every certificate: it is looked at afterwards.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}

/// Whether the server has the certificate's key. The library's own look refuses certificates of proofs, whose extension is
/// critical.
fn verify(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    let (_, certificate) =
        X509Certificate::from_der(certificate).map_err(|_| Error::General("no certificate".to_owned()))?;
    let key =
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &certificate.public_key().subject_public_key.data);
    match key.verify(message, signature.signature()) {
        Ok(()) => Ok(HandshakeSignatureValid::assertion()),
        Err(_) => Err(Error::General("the signature is not by the certificate's key".to_owned())),
    }
}
