//! The suite's resources in XML as JSON documents.

use fhir::schema::{ElementDefinition, TypeId, schema};
use fhir::{Document, Object, Value};
use roxmltree::Node;

/// Reads a resource.
pub fn document(text: &str) -> Document {
    let tree = roxmltree::Document::parse(text).expect("well-formed XML");
    resource(tree.root_element(), text).to_document()
}

fn resource(node: Node<'_, '_>, text: &str) -> Value {
    let name = node.tag_name().name();
    let type_id = schema().resource_named(name).unwrap_or_else(|| panic!("no resource type {name}"));
    let mut object = Object::new();
    object.set("resourceType", name);
    fill(&mut object, node, type_id, text);
    Value::Object(object)
}

fn fill(object: &mut Object, node: Node<'_, '_>, type_id: TypeId, text: &str) {
    for attribute in ["id", "url"] {
        if let Some(value) = node.attribute(attribute) {
            object.set(attribute, value);
        }
    }
    for child in node.children().filter(Node::is_element) {
        let name = child.tag_name().name();
        let (definition, child_type) =
            type_id.definition().member(name).unwrap_or_else(|| panic!("{} has no {name}", type_id.name()));
        if child_type.is_primitive() {
            primitive(object, name, definition, child_type, child, text);
        } else if child_type.is_resource() {
            let inner = child.children().find(Node::is_element).expect("a resource");
            add(object, name, definition, resource(inner, text));
        } else {
            let mut inner = Object::new();
            fill(&mut inner, child, child_type, text);
            add(object, name, definition, Value::Object(inner));
        }
    }
}

fn primitive(
    object: &mut Object,
    name: &str,
    definition: &ElementDefinition,
    type_id: TypeId,
    node: Node<'_, '_>,
    text: &str,
) {
    let value = match (type_id.name(), node.attribute("value")) {
        ("xhtml", _) => Value::from(&text[node.range()]),
        (_, None) => Value::Null,
        ("boolean", Some(value)) => Value::Bool(value == "true"),
        ("integer" | "decimal" | "positiveInt" | "unsignedInt", Some(value)) => Value::number(value),
        (_, Some(value)) => Value::from(value),
    };
    let mut sibling = Object::new();
    if type_id.name() != "xhtml" {
        fill(&mut sibling, node, type_id, text);
    }
    let sibling = if sibling.is_empty() { Value::Null } else { Value::Object(sibling) };
    if definition.max == Some(1) {
        if value != Value::Null {
            object.set(name, value);
        }
        if sibling != Value::Null {
            object.set(format!("_{name}"), sibling);
        }
    } else {
        add(object, name, definition, value);
        add(object, &format!("_{name}"), definition, sibling);
    }
}

fn add(object: &mut Object, name: &str, definition: &ElementDefinition, value: Value) {
    if definition.max == Some(1) {
        object.set(name, value);
    } else if let Some(Value::Array(items)) = object.get_mut(name) {
        items.push(value);
    } else {
        object.set(name, Value::Array(vec![value]));
    }
}
