//! Reading DER piece by piece, so that the bytes that are hashed are those that came.

use x509_cert::{
    der::{self, Decode, Reader, SliceReader, Tag, Tagged, asn1::AnyRef},
    spki::ObjectIdentifier,
};

use crate::sign::Refusal;

/// All that a constructed value holds, in its order.
///
/// # Errors
/// [`Refusal::Malformed`] if it is no sequence, no set and no tagged value, or what it holds is no DER.
pub(super) fn elements(whole: AnyRef<'_>) -> Result<Vec<AnyRef<'_>>, Refusal> {
    if !whole.tag().is_constructed() {
        return Err(Refusal::Malformed(format!("it has a {} where several values should be", whole.tag())));
    }
    let mut reader = SliceReader::new(whole.value()).map_err(malformed("it"))?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        found.push(AnyRef::decode(&mut reader).map_err(malformed("it"))?);
    }
    Ok(found)
}

/// The single element of a constructed value.
pub(super) fn only(whole: AnyRef<'_>) -> Result<AnyRef<'_>, Refusal> {
    match elements(whole)?[..] {
        [element] => Ok(element),
        _ => Err(Refusal::Malformed("it has not exactly one value where one should be".into())),
    }
}

/// The name of an `AlgorithmIdentifier`.
pub(super) fn algorithm(whole: AnyRef<'_>) -> Result<ObjectIdentifier, Refusal> {
    match elements(whole)?[..] {
        [name] | [name, _] => name.decode_as().map_err(malformed("it")),
        _ => Err(Refusal::Malformed("it names no algorithm where it should".into())),
    }
}

/// Whether a value has the tag `[number]`.
pub(super) fn is_tagged(value: &AnyRef<'_>, number: u32) -> bool {
    matches!(value.tag(), Tag::ContextSpecific { number: found, .. } if found.value() == number)
}

/// Says what is no DER of the kind that it should be.
pub(super) fn malformed(what: &'static str) -> impl FnOnce(der::Error) -> Refusal {
    move |error| Refusal::Malformed(format!("{what} is not in order: {error}"))
}
