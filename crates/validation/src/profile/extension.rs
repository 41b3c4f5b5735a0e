//! Extensions by their definitions (FHIR: Extensibility, Defining Extensions): known, where they may stand, and what
//! their profile demands.

use super::built_in;
use super::context::Way;
use super::definition::CORE;
use super::plan::Profile;
use crate::place::Place;
use crate::rule;
use crate::settings::Extensions;
use crate::walk::Walk;
use fhir::quoted::quoted;
use fhir::{Element, Node};
use std::sync::Arc;

/// What is defined but cannot be loaded: examples, marks of HL7's tools, the elements of other releases as extensions.
const ELSEWHERE: [&str; 8] = [
    "http://example.org/",
    "http://hl7.org/fhir/tools/StructureDefinition/",
    "http://hl7.org/fhir/1.0/StructureDefinition/",
    "http://hl7.org/fhir/1.4/StructureDefinition/",
    "http://hl7.org/fhir/3.0/StructureDefinition/",
    "http://hl7.org/fhir/4.0/StructureDefinition/",
    "http://hl7.org/fhir/4.3/StructureDefinition/",
    "http://hl7.org/fhir/5.0/StructureDefinition/",
];

/// Extensions that the release itself uses at another place than their definition says.
const CONTEXT_ERRATA: [&str; 1] = ["http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"];

impl<'a> Walk<'a> {
    /// Holds an extension against its definition.
    pub(crate) fn defined_extension(&mut self, extension: Element<'a>, url: &str, place: &Place<'_>) {
        let Some(node) = extension.value else { return };
        let Some(profile) = self.known.profile(url, self.ports) else {
            return self.unknown_extension(node, url, place);
        };
        if profile.type_id.name() != "Extension" {
            let message = format!("{} defines no extension", quoted(url));
            return self.report(&place.child("url"), node, rule::EXTENSION_UNKNOWN, message);
        }
        let modifies = place.name == "modifierExtension";
        if profile.is_modifier != modifies {
            let message = match modifies {
                true => format!("{} changes no meaning; write it as an extension", quoted(url)),
                false => format!("{} changes the meaning; write it as a modifierExtension", quoted(url)),
            };
            self.report(place, node, rule::EXTENSION_CONTEXT, message);
        }
        let way = self.resource.and_then(|resource| Way::to(extension, resource));
        if let Some(way) = way.filter(|_| !CONTEXT_ERRATA.contains(&url)) {
            self.extension_context(&way, &profile, node, place);
        }
        let profile = self.fitting_version(extension, profile);
        self.profile(extension, &profile, place);
    }

    /// The newest version of a definition that an extension keeps to; when it keeps to none, the newest of all. An extension
    /// does not say which version it is of.
    fn fitting_version(&mut self, extension: Element<'a>, newest: Arc<Profile>) -> Arc<Profile> {
        if self.conforms(extension, &newest) {
            return newest;
        }
        let fitting = built_in::older(&newest.url).find(|older| self.conforms(extension, older));
        fitting.unwrap_or(newest)
    }

    /// The extension stands where its definition allows it.
    fn extension_context(&mut self, way: &Way<'a>, profile: &Profile, node: Node<'a>, place: &Place<'_>) {
        let url = quoted(&profile.url);
        let message = if !way.is_allowed(profile) {
            let allowed: Vec<_> =
                profile.contexts.iter().map(|(_, expression)| expression.as_str()).collect();
            format!("{url} may not stand here; it belongs to {}", allowed.join(", "))
        } else if let Some(condition) = way.broken_condition(profile) {
            format!("{url} may not stand here; its definition demands {condition}")
        } else {
            return;
        };
        self.report(place, node, rule::EXTENSION_CONTEXT, message);
    }

    fn unknown_extension(&mut self, node: Node<'a>, url: &str, place: &Place<'_>) {
        let is_elsewhere = ELSEWHERE.iter().any(|start| url.starts_with(start));
        if self.settings.extensions == Extensions::Known || is_elsewhere || url.starts_with(CORE) {
            return;
        }
        let message =
            format!("the extension {} is not known here; load its StructureDefinition", quoted(url));
        self.report(place, node, rule::EXTENSION_UNKNOWN, message);
    }
}
