//! The key and certificate that an authority signs by.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateSigningRequestParams, DnType, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls_pki_types::CertificateDer;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long before now its certificates begin, for clocks that are behind.
const BEFORE: Duration = Duration::from_secs(2);

/// Signs certificates.
pub struct Signer {
    issuer: Issuer<'static, KeyPair>,
    certificate: Certificate,
}

impl Signer {
    /// One with a new key.
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.distinguished_name.push(DnType::CommonName, "played authority");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = parameters.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(parameters, key), certificate }
    }

    /// Its certificate.
    pub fn certificate_pem(&self) -> String {
        self.certificate.pem()
    }

    /// A certificate for its own HTTPS.
    pub fn own_certificate(&self, key: &KeyPair) -> CertificateDer<'static> {
        let parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters.signed_by(key, &self.issuer).unwrap().der().clone()
    }

    /// The chain that a request asks for, in PEM. An error says what is wrong with the request.
    pub fn sign(&self, request: &[u8], hosts: &[String], lifetime: Duration) -> Result<String, String> {
        let mut request = CertificateSigningRequestParams::from_der(&request.into())
            .map_err(|error| format!("this is no request for a certificate: {error}"))?;
        let wanted = CertificateParams::new(hosts).unwrap().subject_alt_names;
        if request.params.subject_alt_names != wanted {
            return Err(format!("the request is for other names than {hosts:?}"));
        }
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() - BEFORE;
        request.params.not_before = date_time_ymd(1970, 1, 1) + since_1970;
        request.params.not_after = request.params.not_before + BEFORE + lifetime;
        let certificate = request.signed_by(&self.issuer).map_err(|error| error.to_string())?;
        Ok(certificate.pem() + &self.certificate_pem())
    }
}
