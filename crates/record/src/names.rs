//! What an actor is called in patients' directives: who they are, and the organizations, care teams and groups that they are of.

use crate::error::Error;
use crate::links::local_key;
use crate::session::Record;
use access::consent::Names;
use access::{Actor, Directive};
use fhir::schema::schema;
use fhir::{Document, Node};
use store::ResourceKey;

/// How far up an organization is followed to what it is part of.
const PARTS_MAX: usize = 10;

/// Teams and groups of somebody that are looked at.
const TEAMS_MAX: &str = "500";

/// What names somebody as one of many: the type, and the parameter by which it does.
const TEAMS: [(&str, &str); 2] = [("CareTeam", "participant"), ("Group", "member")];

/// What somebody is called by a role that they have.
const BY_ROLE: [&str; 4] = ["PractitionerRole", "Organization", "CareTeam", "Group"];

/// What organizations that pay are (R4 organization-type).
const HEALTH_PLANS: [&str; 2] = ["pay", "ins"];
const ORGANIZATION_TYPE: &str = "http://terminology.hl7.org/CodeSystem/organization-type";

impl Record {
    /// What an actor is called now, as far as some directives name it.
    pub(crate) fn names_of(&self, actor: &Actor, directives: &[Directive]) -> Result<Names, Error> {
        let is_named = |type_name: &str| {
            let is_its = |name: &str| name.split_once('/').is_some_and(|(of, _)| of == type_name);
            directives.iter().flat_map(Directive::names).any(is_its)
        };
        let mut names: Vec<String> = actor.person.iter().map(ToString::to_string).collect();
        // Whoever was a role is its practitioner, whether it is in force or not.
        if let Some(role) = names.first().filter(|name| name.starts_with("PractitionerRole/")) {
            let role = self.document_of(role)?;
            names.extend(role.and_then(|role| self.referred(role.root(), "practitioner")));
        }
        // Each request asks this: roles are looked for when something is named that they lead to.
        let roles = if BY_ROLE.iter().any(|of| is_named(of)) { self.roles_of(actor)? } else { Vec::new() };
        for role in &roles {
            names.extend(self.referred(role.root(), "practitioner"));
            names.extend(role.root().get_str("id").map(|id| format!("PractitionerRole/{id}")));
        }
        names.sort();
        names.dedup();
        for (type_name, parameter) in TEAMS {
            if is_named(type_name) && !names.is_empty() {
                names.extend(self.teams_of(&names.join(","), type_name, parameter)?);
            }
        }
        let of_roles = roles.iter().filter_map(|role| self.referred(role.root(), "organization"));
        let (of_roles, _) = self.with_those_above(of_roles.collect())?;
        // People of an organization that treats and pays, too, see what they treat: a plan is told by its programs.
        let (of_program, is_of_health_plan) =
            self.with_those_above(actor.organization.iter().cloned().collect())?;
        names.extend(of_roles.into_iter().chain(of_program));
        let is_program = actor.person.is_none() && actor.scopes.is_some();
        Ok(Names { names, is_program, is_of_health_plan })
    }

    /// The teams or groups that are in force and name one of some people.
    fn teams_of(&self, people: &str, type_name: &str, parameter: &str) -> Result<Vec<String>, Error> {
        let type_id = schema().resource_named(type_name).expect("the release defines it");
        let hits = self.stored(type_id, &[(parameter, people), ("_count", TEAMS_MAX)])?;
        let teams = hits.matches.into_iter().filter_map(|found| self.resource(found).document());
        let holds = |team: &Document| {
            let root = team.root();
            let is_over = root
                .get_str("status")
                .is_some_and(|status| ["inactive", "entered-in-error"].contains(&status.as_ref()));
            !is_over && self.is_in_force(root)
        };
        let named = |team: Document| Some(format!("{type_name}/{}", team.root().get_str("id")?));
        Ok(teams.filter(holds).filter_map(named).collect())
    }

    /// Organizations and those that they are part of, and whether one of them pays for care.
    fn with_those_above(&self, mut organizations: Vec<String>) -> Result<(Vec<String>, bool), Error> {
        let (mut at, mut pays) = (0, false);
        while at < organizations.len().min(PARTS_MAX) {
            if let Some(organization) = self.document_of(&organizations[at])? {
                let root = organization.root();
                pays |= root.each_of("type").any(is_health_plan);
                let above = self.referred(root, "partOf");
                organizations.extend(above.filter(|above| !organizations.contains(above)));
            }
            at += 1;
        }
        Ok((organizations, pays))
    }

    fn document_of(&self, name: &str) -> Result<Option<Document>, Error> {
        let Some((type_name, id)) = name.split_once('/') else { return Ok(None) };
        let Some(type_id) = schema().resource_named(type_name) else { return Ok(None) };
        let found = self.store.read(&ResourceKey::new(type_id, id))?;
        Ok(found.and_then(|found| self.resource(found).document()))
    }

    /// The resource here that an element refers to, as `Organization/1`.
    fn referred(&self, root: Node<'_>, element: &str) -> Option<String> {
        let reference = root.get(element)?.get_str("reference")?;
        local_key(&reference, self.base_url()).map(|key| key.to_string())
    }
}

fn is_health_plan(concept: Node<'_>) -> bool {
    concept.each_of("coding").any(|coding| {
        let is_its = coding.get_str("system").is_some_and(|system| system == ORGANIZATION_TYPE);
        is_its && coding.get_str("code").is_some_and(|code| HEALTH_PLANS.contains(&code.as_ref()))
    })
}
