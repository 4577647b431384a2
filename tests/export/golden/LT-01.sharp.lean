theorem «LT-01».«sharp»
    {V : Type*} [NormedAddCommGroup V] [InnerProductSpace ℝ V]
    (tau w : ℝ)
    (u z : V)
    (α0 : ∀ q : V, ⟪z, q⟫ = w ^ 2 * ⟪u, q⟫)
    (α1 : ⟪u, u⟫ > 0)
    (α2 : tau * w ^ 2 > 2)
    : ⟪u - tau • z, u - tau • z⟫ > ⟪u, u⟫ := by
  have φ_a1 := sub_pos.mpr α1
  have φ_a2 := sub_pos.mpr α2
  refine sub_pos.mp (Proofcheck.pos_of ?_)
  intro (ν_target : 0 ≤ (-(⟪u - tau • z, u - tau • z⟫ - ⟪u, u⟫)))
  have φ_along_u := sub_eq_zero.mpr (α0 u)
  have φ_along_z := sub_eq_zero.mpr (α0 z)
  have τ1 : 0 ≤ (1 : ℝ) * (-(⟪u - tau • z, u - tau • z⟫ - ⟪u, u⟫)) := mul_nonneg (((by norm_num : (0 : ℝ) < 1)).le) (ν_target)
  have τ2 : 0 < (1 : ℝ) * (⟪u, u⟫ - 0) * (tau * w ^ 2 - 2) * (tau * w ^ 2 - 2) := mul_pos (mul_pos (mul_pos ((by norm_num : (0 : ℝ) < 1)) (φ_a1)) (φ_a2)) (φ_a2)
  have τ3 : 0 < (2 : ℝ) * (⟪u, u⟫ - 0) * (tau * w ^ 2 - 2) := mul_pos (mul_pos ((by norm_num : (0 : ℝ) < 2)) (φ_a1)) (φ_a2)
  have τ4 : (tau ^ 2) * (⟪z, z⟫ - w ^ 2 * ⟪u, z⟫) = 0 := mul_eq_zero_of_right _ (φ_along_z)
  have τ5 : (tau ^ 2 * w ^ 2 - 2 * tau) * (⟪z, u⟫ - w ^ 2 * ⟪u, u⟫) = 0 := mul_eq_zero_of_right _ (φ_along_u)
  have identity : (1 : ℝ) * (-(⟪u - tau • z, u - tau • z⟫ - ⟪u, u⟫)) + (1 : ℝ) * (⟪u, u⟫ - 0) * (tau * w ^ 2 - 2) * (tau * w ^ 2 - 2) + (2 : ℝ) * (⟪u, u⟫ - 0) * (tau * w ^ 2 - 2) + (tau ^ 2) * (⟪z, z⟫ - w ^ 2 * ⟪u, z⟫) + (tau ^ 2 * w ^ 2 - 2 * tau) * (⟪z, u⟫ - w ^ 2 * ⟪u, u⟫) = 0 := by proofcheck_identity
  linarith [identity, τ1, τ2, τ3, τ4, τ5]
