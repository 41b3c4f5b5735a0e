//! `$meta`, `$meta-add`, `$meta-delete`: profiles, tags and security labels of a resource.

use super::{Parameter, parameter, parameters};
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use crate::inputs::Inputs;
use fhir::{Document, Object, Value};
use record::write::{Target, WriteAction, WriteRequest};
use record::{Error, Expect, Resource, ResourceKey, Session};

pub(super) const PARAMETERS: &[Parameter] =
    &[parameter("meta", "Meta", "the profiles, tags and security labels")];

/// The members of `meta` that are sets.
const SETS: [&str; 3] = ["profile", "security", "tag"];

/// How often a change is tried anew when another came first.
const ATTEMPTS: usize = 8;

pub(super) fn get(call: &Call, session: &Session, _: &Inputs) -> Result<Answer, Failure> {
    answer(&session.read(&call.place.key()?)?)
}

pub(super) fn add(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    change(call, session, inputs, |set, item| {
        if !set.iter().any(|known| is_same(known, item)) {
            set.push(item.clone());
        }
    })
}

pub(super) fn delete(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    change(call, session, inputs, |set, item| set.retain(|known| !is_same(known, item)))
}

fn answer(resource: &Resource) -> Result<Answer, Failure> {
    let document = resource.document().ok_or_else(Failure::internal)?;
    let meta = document.root().get("meta").map_or_else(|| Object::new().into(), Value::from);
    Ok(parameters(vec![fhir::object! { "name" => "return", "valueMeta" => meta }]))
}

/// Labels are the same when system and code are; profiles when they are the same URL.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one.as_object(), other.as_object()) {
        (Some(one), Some(other)) => ["system", "code"].iter().all(|name| one.get(name) == other.get(name)),
        _ => one == other,
    }
}

type Edit = fn(&mut Vec<Value>, &Value);

fn change(call: &Call, session: &Session, inputs: &Inputs, edit: Edit) -> Result<Answer, Failure> {
    let wanted =
        inputs.tree("meta").ok_or_else(|| Failure::missing("meta", "send Parameters with a valueMeta"))?;
    let key = call.place.key()?;
    let mut attempt = 1;
    loop {
        match try_change(session, &key, wanted, edit) {
            Err(Error::VersionConflict { .. }) if attempt < ATTEMPTS => attempt += 1,
            Err(error) => return Err(error.into()),
            Ok(resource) => return answer(&resource),
        }
    }
}

fn try_change(
    session: &Session,
    key: &ResourceKey,
    wanted: &Document,
    edit: Edit,
) -> Result<Resource, Error> {
    let current = session.read(key)?;
    let Some(document) = current.document() else { return Err(Error::NotFound(key.to_string())) };
    let changed = edited(&document, wanted, edit).to_document();
    let expect = Expect::Version(current.version());
    let action = WriteAction::Update { target: Target::Key(key.clone()), resource: changed.root(), expect };
    let written = session.write(WriteRequest { action, full_url: None })?;
    written.resource.ok_or_else(|| Error::NotFound(key.to_string()))
}

fn edited(document: &Document, wanted: &Document, edit: Edit) -> Value {
    let mut resource = Value::from(document);
    let Some(object) = resource.as_object_mut() else { return resource };
    if object.get("meta").is_none() {
        // Behind type and id, where resources have it.
        object.set_at(2, "meta", Object::new());
    }
    let Some(meta) = object.get_mut("meta").and_then(Value::as_object_mut) else { return resource };
    for name in SETS {
        let items: Vec<Value> = wanted.root().each_of(name).map(Value::from).collect();
        if items.is_empty() {
            continue;
        }
        let mut set = meta.get(name).and_then(Value::as_array).map(<[Value]>::to_vec).unwrap_or_default();
        items.iter().for_each(|item| edit(&mut set, item));
        if set.is_empty() {
            meta.remove(name);
        } else {
            meta.set(name, Value::Array(set));
        }
    }
    resource
}
