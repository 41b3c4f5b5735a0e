//! Content that is sent as it is, to become a Binary (R4 binary §2.36.6): taken in piece by piece, however long it is.

use crate::digest;
use crate::failure::Failure;
use crate::format::MediaType;
use crate::interactions::Interaction;
use crate::route::Place;
use crate::serve::{arrived_damaged, too_large, took_too_long};
use crate::service::Service;
use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{HeaderName, header};
use fhir::Document;
use http_body_util::BodyExt;
use record::Session;
use record::content::{Upload, Uploaded};
use tokio::task::spawn_blocking;

/// Who may see the content: a reference that becomes `Binary.securityContext`.
const SECURITY_CONTEXT: HeaderName = HeaderName::from_static("x-security-context");

/// Bytes that are gathered before they are written.
const PIECE_BYTES: usize = 256 << 10;

/// Content that came in, and what the request says of it.
pub(crate) struct Received {
    media_type: String,
    security_context: Option<String>,
    uploaded: Uploaded,
}

impl Received {
    /// The Binary of it.
    pub fn binary(&self, id: Option<&str>) -> Document {
        let mut binary = fhir::Object::new();
        binary.set("resourceType", "Binary");
        if let Some(id) = id {
            binary.set("id", id);
        }
        binary.set("contentType", self.media_type.as_str());
        if let Some(reference) = &self.security_context {
            binary.set("securityContext", fhir::object! { "reference" => reference.as_str() });
        }
        if !self.uploaded.data().is_empty() {
            binary.set("data", self.uploaded.data());
        }
        fhir::Value::from(binary).to_document()
    }
}

/// The media type of content that a request sends as it is; `None` when it sends a resource, or to something else than a
/// Binary.
pub(crate) fn media_type(row: &Interaction, place: &Place, parts: &Parts) -> Option<String> {
    let is_write = ["create", "update"].contains(&row.name);
    let is_binary = place.type_id.is_some_and(|type_id| type_id.name() == "Binary");
    let text = parts.headers.get(header::CONTENT_TYPE).filter(|_| is_write && is_binary)?.to_str().ok()?;
    let media = MediaType::read(text);
    let is_range = media.name.ends_with("/*");
    (media.format().is_none() && !is_range && media.name.contains('/')).then(|| text.trim().to_owned())
}

/// Takes the content in, if the actor may write what it is for.
pub(crate) async fn receive(
    service: &Service,
    session: &Session,
    row: &Interaction,
    place: &Place,
    (parts, mut body): (&Parts, Body),
    media_type: String,
) -> Result<Received, Failure> {
    let limit = service.settings.binary_bytes_max;
    let announced =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: u64| bytes > limit) {
        return Err(too_large(limit));
    }
    let interaction = row.access.ok_or_else(Failure::internal)?;
    let mut upload = session.upload(interaction, place.only_type()?)?;
    let mut gathered = Vec::new();
    let mut length = 0u64;
    loop {
        // The time is for each piece: a large file may take as long as it takes.
        let frame = tokio::time::timeout(service.settings.receive_timeout, body.frame());
        let Some(frame) = frame.await.map_err(|_| took_too_long())? else { break };
        let Ok(piece) = frame.map_err(|_| arrived_damaged())?.into_data() else { continue };
        length += piece.len() as u64;
        if length > limit {
            return Err(too_large(limit));
        }
        gathered.push(piece);
        if gathered.iter().map(Bytes::len).sum::<usize>() >= PIECE_BYTES {
            upload = write(upload, std::mem::take(&mut gathered)).await?;
        }
    }
    digest::verify(&parts.extensions)?;
    upload = write(upload, gathered).await?;
    let uploaded = spawn_blocking(move || upload.finish()).await.map_err(|_| Failure::internal())??;
    let security_context = parts.headers.get(SECURITY_CONTEXT);
    let security_context = security_context.and_then(|value| value.to_str().ok()).map(str::to_owned);
    Ok(Received { media_type, security_context, uploaded })
}

async fn write(mut upload: Upload, pieces: Vec<Bytes>) -> Result<Upload, Failure> {
    let work = move || pieces.iter().try_for_each(|piece| upload.write(piece)).map(|()| upload);
    Ok(spawn_blocking(work).await.map_err(|_| Failure::internal())??)
}
