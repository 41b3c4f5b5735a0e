//! What a provider says of itself (OpenID Connect Discovery 1.0).

use serde_json::Value;

/// Where a provider is asked for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Metadata {
    /// Where people show who they are.
    pub authorization_endpoint: String,
    /// Where a code becomes a token.
    pub token_endpoint: String,
    /// Where its public keys are.
    pub keys_at: String,
    /// Whether a client's secret goes into the form, and not into a header.
    pub is_secret_in_form: bool,
    /// Whether it says in its answers who it is (RFC 9207).
    pub names_itself: bool,
}

/// Where a provider's metadata is.
pub(super) fn address(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

impl Metadata {
    /// Reads what the provider of an issuer says.
    ///
    /// # Errors
    /// When it is another one, or does not say where to ask it; never with what it sent.
    pub fn read(json: &[u8], issuer: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(json).map_err(|_| "its metadata is not JSON")?;
        if value.get("issuer").and_then(Value::as_str) != Some(issuer) {
            return Err("its metadata has another issuer than the setting openid-issuer".to_owned());
        }
        let address = |name: &str| {
            let url = value.get(name).and_then(Value::as_str).unwrap_or_default();
            let is_safe = url.starts_with("https://") || issuer.starts_with("http://");
            match is_safe && !url.contains('#') && !url.is_empty() {
                true => Ok(url.to_owned()),
                false => Err(format!("its metadata has no {name} with https")),
            }
        };
        let methods = value.get("token_endpoint_auth_methods_supported").and_then(Value::as_array);
        let has = |name: &str| methods.is_some_and(|list| list.iter().any(|one| one == name));
        Ok(Self {
            authorization_endpoint: address("authorization_endpoint")?,
            token_endpoint: address("token_endpoint")?,
            keys_at: address("jwks_uri")?,
            // `client_secret_basic` is what is meant when nothing is said (Discovery §3).
            is_secret_in_form: has("client_secret_post") && !has("client_secret_basic"),
            names_itself: value.get("authorization_response_iss_parameter_supported")
                == Some(&Value::Bool(true)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_metadata_of_the_issuer_itself_and_by_tls_is_taken() {
        let good = json!({
            "issuer": "https://id.example.org/realm",
            "authorization_endpoint": "https://id.example.org/realm/auth?tenant=1",
            "token_endpoint": "https://id.example.org/realm/token",
            "jwks_uri": "https://keys.example.org/realm",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        });
        let read =
            |value: &Value| Metadata::read(value.to_string().as_bytes(), "https://id.example.org/realm");
        let metadata = read(&good).unwrap();
        assert!(metadata.is_secret_in_form && !metadata.names_itself);
        assert_eq!(metadata.keys_at, "https://keys.example.org/realm");
        for (name, wrong) in [
            ("issuer", "https://id.example.org/realm/"),
            ("token_endpoint", "http://id.example.org/realm/token"),
            ("jwks_uri", ""),
            ("authorization_endpoint", "https://id.example.org/auth#x"),
        ] {
            let mut bad = good.clone();
            bad[name] = json!(wrong);
            assert!(read(&bad).is_err(), "{name}");
        }
        assert!(Metadata::read(b"<html>", "x").is_err());
    }
}
