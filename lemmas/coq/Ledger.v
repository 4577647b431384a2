(** What each theorem rests on: compiling this file prints it, and the build compares it with axioms.txt. *)

From Facts Require Induction Euclidean MeanValue Compactness UniformLimit StoneWeierstrass Integral Gronwall
  Farkas Transport Couplings Potentials Kantorovich TotallyBounded Measures Prokhorov Witness.

Print Assumptions Induction.induction_on_depth.
Print Assumptions Induction.composition_lipschitz.
Print Assumptions Induction.error_accumulation.
Print Assumptions Induction.list_composition_lipschitz.
Print Assumptions Euclidean.euclid_norm.
Print Assumptions MeanValue.mean_value_segment.
Print Assumptions MeanValue.mean_value_convex.
Print Assumptions MeanValue.mean_value_inequality.
Print Assumptions MeanValue.mean_value_lower.
Print Assumptions Compactness.compact_uniform.
Print Assumptions Compactness.product_compact.
Print Assumptions Compactness.continuous_bounded.
Print Assumptions Compactness.compactness.
Print Assumptions UniformLimit.euclid_complete.
Print Assumptions UniformLimit.uniform_limit.
Print Assumptions StoneWeierstrass.lattice_dense.
Print Assumptions StoneWeierstrass.restricted_stone_weierstrass.
Print Assumptions StoneWeierstrass.separately_lipschitz.
Print Assumptions Integral.derivative_of_integral.
Print Assumptions Integral.derivative_of_integral_continuous.
Print Assumptions Integral.differentiation_under_integral.
Print Assumptions Gronwall.discrete_gronwall.
Print Assumptions Gronwall.popoviciu.
Print Assumptions Gronwall.covariance_cauchy.
Print Assumptions Gronwall.covariance_bound.
Print Assumptions Farkas.farkas.
Print Assumptions Transport.transport_duality.
Print Assumptions Transport.finite_kantorovich_rubinstein.
Print Assumptions Couplings.iterate_positive.
Print Assumptions Potentials.optimal_potential.
Print Assumptions Kantorovich.coupling_cost.
Print Assumptions Kantorovich.cheap_coupling.
Print Assumptions Kantorovich.kantorovich_rubinstein_duality.
Print Assumptions TotallyBounded.complete_compact.
Print Assumptions Measures.cells.
Print Assumptions Measures.lipschitz_dense.
Print Assumptions Prokhorov.measures_complete.
Print Assumptions Prokhorov.measures_totally_bounded.
Print Assumptions Prokhorov.measures_all.
Print Assumptions Prokhorov.compactness_of_probability_measures.
Print Assumptions Witness.interval_compact.
Print Assumptions Witness.dirac_probability.
Print Assumptions Witness.dirac_distance.
