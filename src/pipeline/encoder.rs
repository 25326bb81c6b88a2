//! One example through the network, as far as the input of its head.

use std::collections::HashMap;

use candle_core::Device;
use declass_formats::{Sha256Digest, onnx::Value as Declared};

use super::wired::failed;
use crate::{
    error::Error,
    head::Place,
    inputs::{Input, Inputs, Values},
    net::{ValueId, element_type},
    run::{Array, Floats, Limits, Network, Run, Value},
};

/// A network that is run as far as the values that its head reads.
pub(super) struct Encoder<'n> {
    pub(super) network: &'n Network<'n>,
    /// Those values, with their widths.
    pub(super) embeddings: Vec<(ValueId, usize)>,
    /// What the head decides for, if not for the whole example.
    pub(super) place: Option<Place>,
}

/// What the network makes of an example.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Embedded {
    /// One embedding, or those of some places.
    pub(super) numbers: Vec<f32>,
    /// Which places they are of, if the head decides for places.
    pub(super) places: Vec<usize>,
}

/// Places of an example that are taken, at most: evenly spaced ones.
pub(super) const PLACES: usize = 256;

impl Encoder<'_> {
    /// Digest of all that decides an embedding but the inputs; none if it cannot be told.
    pub(super) fn digest(&self) -> Result<Option<Sha256Digest>, Error> {
        self.network.digest(&self.wanted()).map_err(|fault| failed(fault.to_string()))
    }

    fn wanted(&self) -> Vec<ValueId> {
        self.embeddings.iter().map(|(id, _)| *id).collect()
    }

    /// The embedding of one example, or those of its places.
    pub(super) fn row(&self, inputs: &Inputs) -> Result<Embedded, Error> {
        let values = self.values(inputs, &self.wanted())?;
        let embedded = match (self.place, &values[..], &self.embeddings[..]) {
            (None, ..) => Embedded { numbers: self.whole(&values)?, places: Vec::new() },
            (Some(place), [value], [(_, width)]) => of_places(value, *width, place)?,
            (Some(_), ..) => return Err(failed("the head reads several values at every place".into())),
        };
        match embedded.numbers.iter().all(|number| number.is_finite()) {
            true => Ok(embedded),
            false => Err(failed("its embedding is not finite".into())),
        }
    }

    fn whole(&self, values: &[Value]) -> Result<Vec<f32>, Error> {
        let mut row = Vec::new();
        for (value, (_, width)) in values.iter().zip(&self.embeddings) {
            let numbers = value.numbers().map_err(|fault| failed(fault.to_string()))?;
            if numbers.len() != *width {
                return Err(failed("the head reads several embeddings of each example".into()));
            }
            row.extend(numbers.into_iter().map(|number| number as f32));
        }
        Ok(row)
    }

    /// Any values of the network, of one example.
    pub(super) fn values(&self, inputs: &Inputs, wanted: &[ValueId]) -> Result<Vec<Value>, Error> {
        let given = self.given(inputs)?;
        let run = Run { given: &given, wanted, learns: false, limits: Limits::default() };
        self.network.run(&run).map_err(|fault| failed(fault.to_string()))
    }

    /// The inputs of the network, by their names; a network with a single input takes the single array.
    fn given(&self, inputs: &Inputs) -> Result<HashMap<ValueId, Value>, Error> {
        let declared: Vec<&Declared> = self.network.inputs().collect();
        let mut given = HashMap::new();
        for input in &declared {
            let Some(id) = self.network.value(&input.name) else { continue };
            let by_name = inputs.get(&input.name);
            let single = || inputs.values().next().filter(|_| declared.len() == 1 && inputs.len() == 1);
            let array = by_name.or_else(single).cloned().or_else(|| implied(&input.name, inputs));
            let Some(array) = array else {
                let names: Vec<String> = inputs.keys().map(|name| format!("`{name}`")).collect();
                let reason = format!("the model takes `{}`, and there is {}", input.name, names.join(", "));
                return Err(failed(reason));
            };
            given.insert(id, value(input, &array)?);
        }
        Ok(given)
    }
}

/// The embeddings of places, which lie along the last axis or, of maps, along the first one behind that of the examples.
fn of_places(value: &Value, width: usize, place: Place) -> Result<Embedded, Error> {
    let numbers = value.numbers().map_err(|fault| failed(fault.to_string()))?;
    let inner = match value.shape() {
        [1, inner @ ..] if inner.len() > 1 => inner,
        other => {
            return Err(failed(format!("the head reads an array of shape {other:?}, not one of places")));
        }
    };
    let (is_first, is_last) = (inner.first() == Some(&width), inner.last() == Some(&width));
    let is_first = match place {
        Place::Pixel if is_first && is_last => {
            return Err(failed("it cannot be told along which axis of a map its embeddings lie".into()));
        }
        Place::Pixel => is_first,
        _ => is_first && !is_last,
    };
    if !is_first && !is_last {
        return Err(failed(format!("embeddings of {width} do not lie along an axis of {inner:?}")));
    }
    let all = numbers.len() / width.max(1);
    let taken = all.min(PLACES);
    let places: Vec<usize> = (0..taken).map(|at| at * all / taken).collect();
    let number = |place: usize, at: usize| {
        if is_first { numbers[at * all + place] } else { numbers[place * width + at] }
    };
    let numbers =
        places.iter().flat_map(|place| (0..width).map(move |at| number(*place, at) as f32)).collect();
    Ok(Embedded { numbers, places })
}

/// What libraries take for an input of texts that is not given: all tokens count, and all are of the first text.
fn implied(name: &str, inputs: &Inputs) -> Option<Input> {
    let ids = inputs.get("input_ids")?;
    let Values::Whole(values) = &ids.values else { return None };
    let with = match name {
        "attention_mask" => 1,
        "token_type_ids" => 0,
        _ => return None,
    };
    Some(Input { shape: ids.shape.clone(), values: Values::Whole(vec![with; values.len()]) })
}

/// An array as the type that the network takes.
fn value(input: &Declared, array: &Input) -> Result<Value, Error> {
    let told = |what: String| failed(format!("input `{}`: {what}", input.name));
    let dtype = element_type(i64::from(input.elem_type)).map_err(|problem| told(problem.to_string()))?;
    match (&array.values, dtype.is_float()) {
        (Values::Float(values), true) => {
            let numbers = values.iter().copied().map(f64::from).collect();
            let floats = Floats::of(numbers, &array.shape, dtype, &Device::Cpu);
            floats.map(Value::from).map_err(|fault| told(fault.to_string()))
        }
        (Values::Whole(values), false) => Ok(Array::new(dtype, array.shape.clone(), values.clone()).into()),
        _ => Err(told(format!("it takes elements of type {}", dtype.name()))),
    }
}
