//! Signatures of their own: whoever answers for an event signs it, besides the register's keeper.

use base64ct::{Base64, Encoding};

use super::{SigningKey, event::Facts};
use crate::note::Origin;

/// What somebody signs who answers for an event of the register of this name: three lines, of which the last is the
/// event in canonical JSON, without its number, its time and this signature.
///
/// # Errors
/// If the event cannot be written.
pub fn text(origin: &Origin, facts: &Facts) -> Result<String, String> {
    let mut unsigned = facts.clone();
    if let Some(by) = &mut unsigned.by {
        by.signature = None;
    }
    let json = serde_json_canonicalizer::to_string(&unsigned).map_err(|error| error.to_string())?;
    Ok(format!("declass register event\n{origin}\n{json}\n"))
}

/// The event, signed by somebody who has the role that it names.
pub(super) fn sign(mut facts: Facts, origin: &Origin, key: &SigningKey) -> Result<Facts, String> {
    let by = facts.by.as_mut().ok_or("an event that is signed needs a role")?;
    by.key = Some(key.verifier(&by.role.as_str().parse()?));
    let text = text(origin, &facts)?;
    if let Some(by) = &mut facts.by {
        by.signature = Some(Base64::encode_string(&key.signature(text.as_bytes())));
    }
    Ok(facts)
}

/// Fails if an event has a signature of somebody's own that is not over it.
pub(super) fn check(facts: &Facts, origin: &Origin) -> Result<(), String> {
    let Some(by) = &facts.by else { return Ok(()) };
    let (key, signature) = match (&by.key, &by.signature) {
        (None, None) => return Ok(()),
        (Some(key), Some(signature)) => (key, signature),
        _ => return Err("it names a key without a signature, or a signature without a key".into()),
    };
    if key.origin().as_str() != by.role.as_str() {
        return Err(format!("its key {} is not named as its role `{}`", key.short(), by.role));
    }
    let bytes = Base64::decode_vec(signature).map_err(|_| "its own signature is not base64")?;
    if key.verifies(text(origin, facts)?.as_bytes(), &bytes) {
        Ok(())
    } else {
        Err(format!("its own signature is not of the key {} over this event", key.short()))
    }
}

#[cfg(test)]
mod tests {
    use declass_formats::Sha256Digest;

    use super::*;
    use crate::register::{By, Kind, Role};

    #[test]
    fn a_signature_is_of_its_event_register_and_role() {
        let (key, origin): (_, Origin) = (SigningKey::generate().unwrap(), "a".parse().unwrap());
        let request = Some(Sha256Digest::of(b"request"));
        let by = Some(Box::new(By::role("data-protection-officer".parse().unwrap())));
        let facts = Facts { request, by, ..Facts::new(Kind::Approved) };
        assert_eq!(check(&facts, &origin), Ok(()), "nobody has to sign");
        let signed = sign(facts, &origin, &key).unwrap();
        assert_eq!(check(&signed, &origin), Ok(()));
        assert!(check(&signed, &"b".parse().unwrap()).is_err());
        let other = Facts { request: Some(Sha256Digest::of(b"other")), ..signed.clone() };
        assert!(check(&other, &origin).is_err());
        let mut role = signed.clone();
        role.by.as_mut().unwrap().role = "operations".parse().unwrap();
        assert!(check(&role, &origin).is_err());
        let mut bare = signed;
        bare.by.as_mut().unwrap().signature = None;
        assert!(check(&bare, &origin).is_err());
        for role in ["", "Jane Doe", "jane@example.org", "ä", &"a".repeat(61)] {
            assert!(role.parse::<Role>().is_err(), "{role}");
        }
    }
}
