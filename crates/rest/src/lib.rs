//! Protected resources: who may ask, what they get.
