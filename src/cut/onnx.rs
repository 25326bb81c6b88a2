use super::Cut;
use crate::error::Error;
use declass_formats::Artifact;
pub(super) fn locate(_a: &Artifact, _h: Option<&str>) -> Result<Cut, Error> {
    Err(super::refusal("x", ""))
}
