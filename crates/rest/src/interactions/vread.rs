//! Version read (R4 http §3.1.0.5): one version of a resource.

use super::read;
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use record::Session;

pub(super) fn run(call: &Call, session: &Session) -> Result<Answer, Failure> {
    let version = call.place.version()?;
    let resource = session.read_version(&call.place.key()?, version)?;
    read::answer(call, session, &resource)
}
