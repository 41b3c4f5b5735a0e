//! From the network to an interaction and back.

use crate::answer::{Answer, Content};
use crate::authentication;
use crate::body;
use crate::call::Call;
use crate::cors::CorsLayer;
use crate::digest::{self, DigestLayer, Sent};
use crate::failure::Failure;
use crate::format::Format;
use crate::interactions::{Follow, Interaction, JOB_FILE, Run};
use crate::parameters::Parameters;
use crate::prefer::Prefer;
use crate::presentation::{OUTER_PARAMETERS, Presentation};
use crate::route::{self, Place};
use crate::service::Service;
use crate::{streamed, upload};
use access::Actor;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::any;
use fhir::{Document, Limits, Value};
use http_body_util::{BodyExt, LengthLimitError};
use record::{Record, Session};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};
use tower_http::decompression::RequestDecompressionLayer;

/// Headers of an answer.
type Headers = Vec<(HeaderName, HeaderValue)>;

/// The router over a service.
pub(crate) fn router(service: Arc<Service>) -> Router {
    let base = service.base_path();
    // Outermost first, and at once: a router boxes each layer of its own, and clones all behind it at every request.
    let around = (
        CorsLayer,
        DigestLayer,
        CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(may_compress()),
        RequestDecompressionLayer::new().pass_through_unaccepted(true),
        CatchPanicLayer::custom(panicked),
    );
    Router::new()
        .route(base, any(serve))
        .route(&format!("{base}/"), any(serve))
        .route(&format!("{base}/{{*path}}"), any(serve))
        .layer(around)
        .with_state(service)
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    failed()
}

/// The answer to a request that failed by a fault of ours.
pub(crate) fn failed() -> Response {
    let failure = Failure::internal();
    plain(failure.status, Vec::new(), content_type(Format::Json), failure.to_json().into_bytes())
}

async fn serve(State(service): State<Arc<Service>>, request: Request) -> Response {
    if let Some((follow, place)) = followed(&service, &request) {
        let answer = follow(Arc::clone(&service), place, request).await;
        return answer.unwrap_or_else(|failure| {
            let presentation = Presentation::read(&Parameters::default(), &HeaderMap::new());
            respond(&service.record, &presentation, Answer::from(&failure))
        });
    }
    let (parts, body) = request.into_parts();
    let mut query = Parameters::parse(parts.uri.query().unwrap_or_default());
    let presentation = Presentation::read(&query, &parts.headers);
    let outer = query.take(&OUTER_PARAMETERS);
    let answer = answer(&service, &parts, body, (query, outer), &presentation).await;
    let answer = answer.unwrap_or_else(|failure| Answer::from(&failure));
    let mut response = respond(&service.record, &presentation, answer);
    if parts.method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    response
}

/// What answers by a connection that stays open, and for what.
fn followed(service: &Service, request: &Request) -> Option<(Follow, Place)> {
    let path = request.uri().path().strip_prefix(service.base_path())?;
    match route::find(request.method().as_str(), path).ok()? {
        (Interaction { run: Run::Followed(follow), .. }, place) => Some((*follow, place)),
        _ => None,
    }
}

async fn answer(
    service: &Arc<Service>,
    parts: &Parts,
    body: Body,
    (query, outer): (Parameters, Parameters),
    presentation: &Presentation,
) -> Result<Answer, Failure> {
    let path = parts.uri.path().strip_prefix(service.base_path()).unwrap_or_default();
    if parts.method == Method::OPTIONS {
        return options(path);
    }
    let (row, place) = route::find(parts.method.as_str(), path)?;
    if !may_be_native(row, &place) {
        presentation.check()?;
    }
    let session = match row.run {
        Run::Open(_) | Run::Followed(_) => None,
        Run::Inline(_) | Run::Pooled(_) => {
            let actor = authentication::actor(service, parts)?;
            keep_pace(service, &actor)?;
            Some(service.record.session(actor, authentication::origin(parts)))
        }
    };
    let (mut bytes, mut received) = (Bytes::new(), None);
    match (upload::media_type(row, &place, parts), &session) {
        _ if row.method == "GET" => {}
        (Some(media_type), Some(session)) => {
            let sent = (parts, body);
            received = Some(upload::receive(service, session, row, &place, sent, media_type).await?);
        }
        _ => bytes = receive(service, parts, body).await?,
    }
    let call = Call {
        service: Arc::clone(service),
        method: row.method,
        place,
        query,
        outer,
        body: body::Body::new(bytes, &parts.headers, service.settings.body_bytes_max),
        received,
        headers: parts.headers.clone(),
        presentation: presentation.clone(),
        prefer: Prefer::read(&parts.headers),
    };
    run(row, call, session).await
}

/// Refuses what comes too fast from one app, or from one person without an app.
fn keep_pace(service: &Service, actor: &Actor) -> Result<(), Failure> {
    let asker = actor.client.as_deref().unwrap_or(&actor.id);
    service.settings.pace.ask(asker, service.record.now_ms()).map_err(|wait_s| {
        let what = format!("too many requests in a short time; wait {wait_s} s");
        Failure::new(StatusCode::TOO_MANY_REQUESTS, "throttled", what)
            .mended_by("ask for more at once: larger pages, a batch, or $export")
            .with_header(header::RETRY_AFTER, &wait_s.to_string())
    })
}

/// Does the work where it belongs: reads of one resource at once, everything else in the pool.
async fn run(row: &'static Interaction, call: Call, session: Option<Session>) -> Result<Answer, Failure> {
    let service = Arc::clone(&call.service);
    let answer = match (row.run, session) {
        (Run::Open(run), _) => service.pool.run(move || run(&call)).await?,
        (Run::Inline(run), Some(session)) => catch_unwind(AssertUnwindSafe(|| run(&call, &session)))
            .unwrap_or_else(|_| Err(Failure::internal())),
        (Run::Pooled(run), Some(session)) => service.pool.run(move || run(&call, &session)).await?,
        (Run::Inline(_) | Run::Pooled(_), None) | (Run::Followed(_), _) => Err(Failure::internal()),
    };
    if let Err(failure) = &answer
        && failure.status == StatusCode::INTERNAL_SERVER_ERROR
    {
        tracing::error!(method = row.method, path = row.path, "a request failed");
    }
    answer
}

/// A Binary is given as it is to clients that want none of FHIR's formats; files of jobs have one format.
fn may_be_native(row: &Interaction, place: &Place) -> bool {
    if row.name == JOB_FILE {
        return true;
    }
    ["read", "vread"].contains(&row.name) && place.type_id.is_some_and(|type_id| type_id.name() == "Binary")
}

fn options(path: &str) -> Result<Answer, Failure> {
    match route::allowed_methods(path) {
        allowed if allowed.is_empty() => Err(Failure::not_found("there is nothing at this path")),
        allowed => Ok(Answer::empty(StatusCode::NO_CONTENT).with_header(header::ALLOW, &allowed)),
    }
}

/// Takes the body in, within limits of size and time.
async fn receive(service: &Service, parts: &Parts, body: Body) -> Result<Bytes, Failure> {
    let settings = &service.settings;
    let limit = settings.body_bytes_max;
    // What the layer for decompression understood is no longer among the headers.
    if let Some(coding) = parts.headers.get(header::CONTENT_ENCODING).filter(|coding| *coding != "identity") {
        let what = format!("a body encoded as '{}' is not understood", coding.to_str().unwrap_or_default());
        return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-supported", what)
            .mended_by("send it plain, or encoded as gzip or zstd")
            .at("http.Content-Encoding"));
    }
    let announced =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: usize| bytes > limit) {
        let is_asking_first = parts.headers.contains_key(header::EXPECT);
        if !is_asking_first && announced.is_some_and(|bytes| bytes <= limit.saturating_mul(DROPPED_BODIES)) {
            let _ = tokio::time::timeout(settings.receive_timeout, drop_body(body)).await;
        }
        return Err(too_large(limit as u64));
    }
    match tokio::time::timeout(settings.receive_timeout, axum::body::to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => digest::verify(&parts.extensions).map(|()| bytes),
        Ok(Err(error)) => Err(match error.into_inner().is::<LengthLimitError>() {
            true => too_large(limit as u64),
            false => arrived_damaged(),
        }),
        Err(_) => Err(took_too_long()),
    }
}

pub(crate) fn arrived_damaged() -> Failure {
    Failure::bad_request("the body did not arrive whole, or is not encoded as its headers say")
        .mended_by("send the request again")
}

pub(crate) fn took_too_long() -> Failure {
    Failure::new(StatusCode::REQUEST_TIMEOUT, "timeout", "the body took too long to arrive")
        .mended_by("send the request again, in parts if it is large")
}

/// A body that is too large is still read to its end, and dropped, up to so many times the limit: a client that is
/// cut off while it sends does not see the answer.
const DROPPED_BODIES: usize = 4;

async fn drop_body(mut body: Body) {
    while let Some(Ok(_)) = body.frame().await {}
}

pub(crate) fn too_large(limit: u64) -> Failure {
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too-long", format!("the body has more than {limit} bytes"))
        .mended_by("send it in parts")
}

/// What can be asked for in parts is sent as it is: the parts are of these bytes.
fn may_compress() -> impl Predicate {
    let is_in_parts =
        |_, _, headers: &HeaderMap, _: &Extensions| !headers.contains_key(header::ACCEPT_RANGES);
    DefaultPredicate::new().and(is_in_parts)
}

/// Writes an answer in its format.
fn respond(record: &Record, presentation: &Presentation, answer: Answer) -> Response {
    let Answer { status, headers, content } = answer;
    match content {
        Content::Empty => with_body(status, headers, None, (Body::empty(), Sent::AtOnce(Bytes::new()))),
        Content::Native { media_type, bytes } => plain(status, headers, media_type, bytes),
        Content::Stream { media_type, source, length } => {
            let body = (streamed::body(source, length), Sent::Piecewise);
            with_body(status, headers, Some((media_type, length)), body)
        }
        Content::Resource(json) => match write(record, presentation, json) {
            Ok(text) if record.is_whole(&text) => {
                plain(status, headers, content_type(presentation.format), text.into_bytes())
            }
            Ok(text) => {
                let whole = record.whole(text);
                let length = whole.length();
                let described = Some((content_type(presentation.format), length));
                let body = (streamed::body(Box::new(whole), length), Sent::Piecewise);
                with_body(status, headers, described, body)
            }
            Err(failure) => {
                plain(failure.status, headers, content_type(Format::Json), failure.to_json().into_bytes())
            }
        },
    }
}

fn plain(status: StatusCode, headers: Headers, media_type: String, bytes: Vec<u8>) -> Response {
    let length = bytes.len() as u64;
    let bytes = Bytes::from(bytes);
    with_body(status, headers, Some((media_type, length)), (bytes.clone().into(), Sent::AtOnce(bytes)))
}

/// A response with a body of a media type and a length.
fn with_body(
    status: StatusCode,
    headers: Headers,
    described: Option<(String, u64)>,
    (body, sent): (Body, Sent),
) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.extensions_mut().insert(sent);
    response.headers_mut().extend(headers);
    if let Some((media_type, length)) = described {
        let octets = HeaderValue::from_static("application/octet-stream");
        let media_type = HeaderValue::from_str(&media_type).unwrap_or(octets);
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
        response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    }
    response
}

fn content_type(format: Format) -> String {
    format!("{};charset=utf-8", format.media_type())
}

/// For what we wrote ourselves: resources at the limit of depth, in a bundle.
const WRITTEN: Limits = Limits { depth: 128, ..Limits::UNBOUNDED };

/// A resource's JSON in the format and layout asked for.
fn write(record: &Record, presentation: &Presentation, mut json: String) -> Result<String, Failure> {
    if presentation.format == Format::Json && !presentation.pretty {
        return Ok(json);
    }
    if presentation.format == Format::Xml {
        json = record.with_escaped(json)?;
    }
    let document = Document::parse_with(json, WRITTEN).map_err(|_| Failure::internal())?;
    match (presentation.format, presentation.pretty) {
        (Format::Json, _) => Ok(Value::from(&document).to_pretty_json()),
        (Format::Xml, true) => fhir::xml::to_pretty_xml(&document).map_err(no_xml),
        (Format::Xml, false) => fhir::xml::to_xml(&document).map_err(no_xml),
    }
}

fn no_xml(error: fhir::ParseError) -> Failure {
    Failure::new(StatusCode::NOT_ACCEPTABLE, "not-supported", error.to_string())
        .mended_by("this answer has no form in XML; ask for application/fhir+json")
}
