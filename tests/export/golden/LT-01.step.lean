theorem «LT-01».«step»
    {V : Type*} [NormedAddCommGroup V] [InnerProductSpace ℝ V]
    (tau w : ℝ)
    (u z : V)
    {ΩS : Type*} [Fintype ΩS] (S : Proofcheck.Functional ΩS)
    (a d : ΩS → ℝ)
    (α0 : ∀ ωS, d ωS * (a ωS - d ωS) ≥ 0)
    (α1 : ⟪u, z⟫ = S (fun ωS => a ωS * d ωS))
    (α2 : ⟪z, z⟫ ≤ w ^ 2 * S (fun ωS => (d ωS) ^ 2))
    (α3 : tau ≥ 0)
    (α4 : tau * w ^ 2 ≤ 2)
    : ⟪u - tau • z, u - tau • z⟫ ≤ ⟪u, u⟫ := by
  have φ_a0 := fun ωS => sub_nonneg.mpr (α0 ωS)
  have φ_a1 := sub_eq_zero.mpr α1
  have φ_a2 := sub_nonneg.mpr α2
  have φ_a3 := sub_nonneg.mpr α3
  have φ_a4 := sub_nonneg.mpr α4
  refine sub_nonneg.mp (Proofcheck.nonneg_of ?_)
  intro (ν_target : 0 < (-(⟪u, u⟫ - ⟪u - tau • z, u - tau • z⟫)))
  have τ1 : 0 < (1 : ℝ) * (-(⟪u, u⟫ - ⟪u - tau • z, u - tau • z⟫)) := mul_pos ((by norm_num : (0 : ℝ) < 1)) (ν_target)
  have τ2 : 0 ≤ (1 : ℝ) * (w ^ 2 * S (fun ωS => (d ωS) ^ 2) - ⟪z, z⟫) * tau ^ 2 := mul_nonneg (mul_nonneg (((by norm_num : (0 : ℝ) < 1)).le) (φ_a2)) (sq_nonneg tau)
  have τ3 : 0 ≤ (1 : ℝ) * (tau - 0) * (S (fun ωS => (2 : ℝ) * (d ωS * (a ωS - d ωS) - 0))) := mul_nonneg (mul_nonneg (((by norm_num : (0 : ℝ) < 1)).le) (φ_a3)) (S.nonneg (fun ωS => by have τ1 : 0 ≤ (2 : ℝ) * (d ωS * (a ωS - d ωS) - 0) := mul_nonneg (((by norm_num : (0 : ℝ) < 2)).le) (φ_a0 ωS); linarith [τ1]))
  have τ4 : 0 ≤ (1 : ℝ) * (tau - 0) * (2 - tau * w ^ 2) * (S (fun ωS => (1 : ℝ) * (d ωS) ^ 2)) := mul_nonneg (mul_nonneg (mul_nonneg (((by norm_num : (0 : ℝ) < 1)).le) (φ_a3)) (φ_a4)) (S.nonneg (fun ωS => by have τ1 : 0 ≤ (1 : ℝ) * (d ωS) ^ 2 := mul_nonneg (((by norm_num : (0 : ℝ) < 1)).le) (sq_nonneg (d ωS)); linarith [τ1]))
  have τ5 : (2 * tau) * (⟪u, z⟫ - S (fun ωS => a ωS * d ωS)) = 0 := mul_eq_zero_of_right _ (φ_a1)
  have identity : (1 : ℝ) * (-(⟪u, u⟫ - ⟪u - tau • z, u - tau • z⟫)) + (1 : ℝ) * (w ^ 2 * S (fun ωS => (d ωS) ^ 2) - ⟪z, z⟫) * tau ^ 2 + (1 : ℝ) * (tau - 0) * (S (fun ωS => (2 : ℝ) * (d ωS * (a ωS - d ωS) - 0))) + (1 : ℝ) * (tau - 0) * (2 - tau * w ^ 2) * (S (fun ωS => (1 : ℝ) * (d ωS) ^ 2)) + (2 * tau) * (⟪u, z⟫ - S (fun ωS => a ωS * d ωS)) = 0 := by proofcheck_identity
  linarith [identity, τ1, τ2, τ3, τ4, τ5]
