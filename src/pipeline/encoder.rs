//! One example through the network, as far as the input of its head.

use std::collections::HashMap;

use candle_core::Device;
use declass_formats::{Sha256Digest, onnx::Value as Declared};

use super::wired::failed;
use crate::{
    error::Error,
    inputs::{Input, Inputs, Values},
    net::{ValueId, element_type},
    run::{Array, Floats, Limits, Network, Run, Value},
};

/// A network that is run as far as the values that its head reads.
pub(super) struct Encoder<'n> {
    pub(super) network: &'n Network<'n>,
    /// Those values, with their widths.
    pub(super) embeddings: Vec<(ValueId, usize)>,
}

impl Encoder<'_> {
    /// Digest of all that decides an embedding but the inputs; none if it cannot be told.
    pub(super) fn digest(&self) -> Result<Option<Sha256Digest>, Error> {
        self.network.digest(&self.wanted()).map_err(|fault| failed(fault.to_string()))
    }

    fn wanted(&self) -> Vec<ValueId> {
        self.embeddings.iter().map(|(id, _)| *id).collect()
    }

    /// The embedding of one example.
    pub(super) fn row(&self, inputs: &Inputs) -> Result<Vec<f32>, Error> {
        let given = self.given(inputs)?;
        let wanted = self.wanted();
        let run = Run { given: &given, wanted: &wanted, learns: false, limits: Limits::default() };
        let values = self.network.run(&run).map_err(|fault| failed(fault.to_string()))?;
        let mut row = Vec::new();
        for (value, (_, width)) in values.iter().zip(&self.embeddings) {
            let numbers = value.numbers().map_err(|fault| failed(fault.to_string()))?;
            if numbers.len() != *width {
                return Err(failed("the head reads several embeddings of each example".into()));
            }
            row.extend(numbers.into_iter().map(|number| number as f32));
        }
        match row.iter().all(|number| number.is_finite()) {
            true => Ok(row),
            false => Err(failed("its embedding is not finite".into())),
        }
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
