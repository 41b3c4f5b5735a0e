//! Permissions: the lines of `data/access/roles.tsv`.

use crate::condition::Condition;
use crate::interaction::Interactions;
use fhir::schema::{TypeId, schema};
use std::collections::BTreeMap;

/// What a role may do with some types.
#[derive(Clone, Debug)]
pub(crate) struct Permission {
    /// The role.
    pub role: String,
    /// What it may do.
    pub interactions: Interactions,
    /// With which types; `None`: with every type.
    pub types: Option<Vec<TypeId>>,
    /// With which resources of them.
    pub condition: Condition,
    /// Elements at the top of a resource that are not shown.
    pub hidden: Vec<String>,
    /// The role may do nothing with these types, whatever its other lines say.
    pub is_exception: bool,
}

/// Types by the name of their group.
pub(crate) type Groups = BTreeMap<String, Vec<TypeId>>;

/// Reads lines of `data/access/groups.tsv`; an error names the line.
pub(crate) fn read_groups(text: &str) -> Result<Groups, String> {
    lines(text)
        .map(|(number, line)| {
            let (name, types) = line.split_once('\t').ok_or(format!("line {number}: group, types"))?;
            let types: Result<Vec<TypeId>, String> = types.split(',').map(type_named).collect();
            Ok((name.to_owned(), types.map_err(|error| format!("line {number}: {error}"))?))
        })
        .collect()
}

/// The lines of a table that say something, with their numbers.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty())
}

impl Permission {
    /// Reads a line: role, interactions, types, condition, hidden elements; the last two may be left out.
    ///
    /// # Errors
    /// Says what is not understood.
    pub fn parse(line: &str, groups: &Groups) -> Result<Self, String> {
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [role, letters, types, rest @ ..] = fields.as_slice() else {
            return Err("write role, letters of crudsxe, types or *, condition, hidden elements".to_owned());
        };
        let types = match *types {
            "*" => None,
            list => Some(types_in(list, groups)?),
        };
        let is_exception = *letters == "-";
        let interactions = match is_exception {
            true => Interactions::default(),
            false => Interactions::parse(letters)
                .ok_or_else(|| format!("'{letters}' is not made of the letters crudsxe"))?,
        };
        let all = || schema().resources().collect();
        let condition =
            Condition::parse(rest.first().copied().unwrap_or_default(), &types.clone().unwrap_or_else(all))?;
        let hidden: Vec<String> = rest
            .get(1)
            .copied()
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        let role = (*role).to_owned();
        let permission = Self { role, interactions, types, condition, hidden, is_exception };
        permission.check()?;
        Ok(permission)
    }

    /// Who does not see a whole resource would lose the rest of it by writing it back; who deletes what they may change is a
    /// thing of the whole resource too.
    fn check(&self) -> Result<(), String> {
        use crate::interaction::Interaction::{Delete, Update};
        let changes = [Update, Delete].into_iter().any(|one| self.interactions.contains(one));
        match changes && !self.hidden.is_empty() {
            true => {
                Err("who may not see all elements may not change or delete either: leave out u and d"
                    .to_owned())
            }
            false => Ok(()),
        }
    }

    /// True when the line is about a type.
    pub fn is_about(&self, type_id: TypeId) -> bool {
        self.types.as_ref().is_none_or(|types| types.contains(&type_id))
    }
}

fn types_in(list: &str, groups: &Groups) -> Result<Vec<TypeId>, String> {
    let mut types = Vec::new();
    for name in list.split(',').map(str::trim) {
        match name.strip_prefix('@') {
            Some(group) => types.extend(
                groups.get(group).ok_or_else(|| format!("there is no group '{group}' in groups.tsv"))?,
            ),
            None => types.push(type_named(name)?),
        }
    }
    Ok(types)
}

fn type_named(name: &str) -> Result<TypeId, String> {
    schema().resource_named(name.trim()).ok_or_else(|| format!("'{name}' is no type of resource"))
}
