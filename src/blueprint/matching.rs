//! Which weights of a graph a folder has too: by name where the bytes agree, otherwise by bytes alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use declass_formats::{Artifact, Dtype, TensorInfo};
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::{
    error::Error,
    net::{Place, transposed},
};

/// The tensors of a folder that a weight of a graph can be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Found {
    /// The one whose name is closest; the others have the same numbers.
    pub(super) tensor: String,
    pub(super) transposed: bool,
    /// Others with the same numbers in the same order.
    pub(super) alike: Vec<String>,
}

/// The weights of a graph.
#[derive(Debug, Default)]
pub(super) struct Matched {
    pub(super) found: BTreeMap<String, Found>,
    /// Those that the folder has not.
    pub(super) missing: BTreeSet<String>,
}

/// Numbers whatever type they are stored in, as a key.
type Key = (usize, [u8; 32]);

/// Finds each weight of a graph, a tensor of more than one real number, among the tensors of a folder.
pub(super) fn matches(graph: &Artifact, model: &Artifact) -> Result<Matched, Error> {
    let weights: Vec<(&String, &TensorInfo)> =
        graph.tensors().iter().filter(|(_, info)| is_weight(info)).collect();
    let sizes: BTreeSet<usize> = weights.iter().map(|(_, info)| info.elements()).collect();
    let mut stored: HashMap<Key, Vec<(&str, bool)>> = HashMap::new();
    let candidates: Vec<(&String, &TensorInfo)> = model
        .tensors()
        .iter()
        .filter(|(_, info)| is_weight(info) && sizes.contains(&info.elements()))
        .collect();
    let keys = candidates
        .par_iter()
        .map(|(name, info)| keys(model, name, info))
        .collect::<Result<Vec<_>, Error>>()?;
    for ((name, _), [straight, turned]) in candidates.iter().zip(keys) {
        for (key, is_turned) in [(straight, false), (turned, true)] {
            key.into_iter().for_each(|key| stored.entry(key).or_default().push((name.as_str(), is_turned)));
        }
    }
    let find = |(name, info): &(&String, &TensorInfo)| -> Result<_, Error> {
        let [key, _] = keys_of(graph, name, info, false)?;
        let same = key.and_then(|key| stored.get(&key)).map(Vec::as_slice).unwrap_or_default();
        Ok(((*name).clone(), best(name, same)))
    };
    let mut matched = Matched::default();
    for (name, found) in weights.par_iter().map(find).collect::<Result<Vec<_>, Error>>()? {
        match found {
            Some(found) => drop(matched.found.insert(name, found)),
            None => drop(matched.missing.insert(name)),
        }
    }
    Ok(matched)
}

fn is_weight(info: &TensorInfo) -> bool {
    info.dtype.is_float() && info.elements() > 1
}

fn keys(artifact: &Artifact, name: &str, info: &TensorInfo) -> Result<[Option<Key>; 2], Error> {
    keys_of(artifact, name, info, true)
}

/// The key of a tensor, and that of a matrix with rows and columns the other way round.
fn keys_of(
    artifact: &Artifact,
    name: &str,
    info: &TensorInfo,
    both_ways: bool,
) -> Result<[Option<Key>; 2], Error> {
    let bytes = artifact.read_tensor(name)?;
    // Every number of a shorter type is one of 32 bits, too.
    let (bytes, width) = match info.dtype {
        Dtype::F32 => (bytes, 4),
        Dtype::F64 => (bytes, 8),
        dtype => match dtype.decode(&bytes) {
            Some(numbers) => (numbers.iter().flat_map(|number| number.to_le_bytes()).collect(), 4),
            None => return Ok([None, None]),
        },
    };
    let key = |bytes: &[u8]| Some((bytes.len() * 16 + width, Sha256::digest(bytes).into()));
    let turned = match info.shape.as_slice() {
        [rows, columns] if both_ways && *rows > 1 && *columns > 1 => {
            key(&transposed(&bytes, *rows, *columns))
        }
        _ => None,
    };
    Ok([key(&bytes), turned])
}

/// Of tensors with the same numbers the one whose name ends most like the weight's; as stored before turned.
fn best(name: &str, same: &[(&str, bool)]) -> Option<Found> {
    let shared = |tensor: &str| {
        let ends = name.bytes().rev().zip(tensor.bytes().rev());
        ends.take_while(|(a, b)| a == b).count()
    };
    let is_turned = same.iter().all(|(_, turned)| *turned);
    let able = || same.iter().filter(move |(_, turned)| *turned == is_turned).map(|(tensor, _)| *tensor);
    let tensor = able().max_by(|a, b| shared(a).cmp(&shared(b)).then_with(|| b.cmp(a)))?;
    let alike = able().filter(|other| *other != tensor).map(str::to_owned).collect();
    Some(Found { tensor: tensor.to_owned(), transposed: is_turned, alike })
}

impl Found {
    /// Where a model has it: the one that it was found in, or a copy with fewer rows.
    pub(super) fn place(&self, name: &str, graph: &Artifact, model: &Artifact) -> Result<Place, String> {
        let told = |error: declass_formats::FormatError| error.to_string();
        let stored = model.tensor(&self.tensor).map_err(told)?;
        let own = graph.tensor(name).map_err(told)?;
        for other in &self.alike {
            let is_same = model.tensor(other).is_ok_and(|info| info == stored)
                && model.read_tensor(other).map_err(told)?
                    == model.read_tensor(&self.tensor).map_err(told)?;
            if !is_same {
                return Err(format!(
                    "`{name}` of the graph is `{}` or `{other}`, which differ now",
                    self.tensor
                ));
            }
        }
        let shape = match stored.shape.as_slice() {
            _ if stored.elements() == own.elements() => own.shape.clone(),
            [rows, columns] if self.transposed => vec![*columns, *rows],
            shape if shape.len() == own.shape.len() => shape.to_vec(),
            shape => {
                return Err(format!("`{}` has the shape {shape:?}, `{name}` {:?}", self.tensor, own.shape));
            }
        };
        Ok(Place {
            tensor: self.tensor.clone(),
            info: TensorInfo { dtype: own.dtype, shape },
            transposed: self.transposed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_tensors_the_one_of_the_same_name_is_taken() {
        let same = [("a.norm.bias", false), ("b.norm.bias", false), ("b.norm.weight", true)];
        let found = best("model.b.norm.bias", &same).unwrap();
        assert_eq!((found.tensor.as_str(), found.transposed, found.alike.len()), ("b.norm.bias", false, 1));
        assert_eq!(best("x", &same[2..]).unwrap().tensor, "b.norm.weight");
        assert_eq!(best("x", &[]), None);
    }
}
