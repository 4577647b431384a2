(** Kantorovich-Rubinstein duality on a compact metric space.

    [optimal_potential] gives phi. That no coupling is cheaper is the weak direction, [coupling_cost]. That couplings come
    arbitrarily close, [cheap_coupling], is finite transport on a net: if every coupling of the masses m_i = mu(chi_i),
    k_j = nu(chi_j) at the points of the net cost more, transport duality would give a 1-Lipschitz function with too large
    a value; a cheap one has the density sum gamma_ij chi_i(x) chi_j(y)/(m_i k_j) with respect to the product of mu and nu. *)

From Coq Require Import Reals Lra Lia List Classical.
Import ListNotations.
From Facts Require Import Compactness StoneWeierstrass Integral Farkas Transport Couplings Potentials.
Open Scope R_scope.

(** The weak direction: no coupling costs less than int phi dmu - int phi dnu, phi 1-Lipschitz. *)
Theorem coupling_cost : forall (X : Metric_Space) mu nu pi phi, coupling X mu nu pi -> one_lipschitz X phi ->
  mu phi - nu phi <= cost X pi.
Proof.
  intros X mu nu pi phi [positive marginals] lip.
  assert (cont : continuous_real X phi) by apply one_lipschitz_continuous, lip.
  destruct (marginals phi cont) as [<- <-].
  assert (first : continuous_real (product_space X X) (fun z => phi (fst z))) by apply continuous_fst, cont.
  assert (second : continuous_real (product_space X X) (fun z => phi (snd z))) by apply continuous_snd, cont.
  replace (pi (fun z => phi (fst z)) - pi (fun z => phi (snd z)))
    with (pi (fun z => 1 * phi (fst z) + (-1) * phi (snd z))).
  2: { rewrite (functional_linear _ pi positive 1 (-1) _ _ first second). ring. }
  apply (functional_monotone _ pi positive).
  - apply continuous_plus; apply continuous_scal; assumption.
  - apply continuous_dist.
  - intros z. generalize (lip (fst z) (snd z)) (Rle_abs (phi (fst z) - phi (snd z))). lra.
Qed.

Section Partition.
Variable X : Metric_Space.
Variable eps : R.
Variable m : nat.
Variable p : nat -> Base X.
Hypothesis comp : compact X.
Hypothesis dense : forall x, exists i, (i < S m)%nat /\ dist X (p i) x < eps.

Definition bump (i : nat) (x : Base X) : R := Rmax 0 (eps - dist X (p i) x).
Definition height (x : Base X) : R := sum (S m) (fun i => bump i x).
Definition chi (i : nat) (x : Base X) : R := bump i x * / height x.

Lemma bump_nonneg : forall i x, 0 <= bump i x.
Proof. intros i x. apply Rmax_l. Qed.

Lemma bump_continuous : forall i, continuous_real X (bump i).
Proof.
  intros i. apply one_lipschitz_continuous. intros x y. unfold bump.
  generalize (dist_tri X (p i) x y) (dist_tri X (p i) y x) (dist_pos X x y). rewrite (dist_sym X y x). intros.
  apply Rabs_le. unfold Rmax. destruct (Rle_dec 0 (eps - dist X (p i) x)), (Rle_dec 0 (eps - dist X (p i) y)); lra.
Qed.

Lemma height_pos : forall x, 0 < height x.
Proof.
  intros x. destruct (dense x) as [i [lt close]].
  assert (positive : 0 < bump i x).
  { unfold bump. apply Rlt_le_trans with (eps - dist X (p i) x); [lra | apply Rmax_r]. }
  destruct (sum_nonneg (S m) (fun j => bump j x)) as [pos | zero]; [intros; apply bump_nonneg | exact pos|].
  symmetry in zero. apply (sum_nonneg_zero _ _ (fun j _ => bump_nonneg j x)) with (k := i) in zero; [lra | exact lt].
Qed.

Lemma chi_continuous : forall i, continuous_real X (chi i).
Proof.
  intros i. apply continuous_mult; [apply bump_continuous|]. apply continuous_inv; [|apply height_pos].
  apply continuous_sum. intros j _. apply bump_continuous.
Qed.

Lemma chi_nonneg : forall i x, 0 <= chi i x.
Proof. intros i x. apply Rmult_le_pos; [apply bump_nonneg | left; apply Rinv_0_lt_compat, height_pos]. Qed.

Lemma chi_far : forall i x, eps <= dist X (p i) x -> chi i x = 0.
Proof. intros i x far. unfold chi, bump. rewrite Rmax_left by lra. ring. Qed.

Lemma chi_sum : forall x, sum (S m) (fun i => chi i x) = 1.
Proof.
  intros x. rewrite (sum_ext _ _ (fun i => / height x * bump i x)) by (intros; unfold chi; ring).
  rewrite sum_scal. change (/ height x * height x = 1). apply Rinv_l. generalize (height_pos x). lra.
Qed.

(** chi_i (f - b_i) >= 0 if f >= b_i within eps of p_i. *)
Lemma chi_local : forall i x s t, (dist X (p i) x < eps -> s <= t) -> chi i x * s <= chi i x * t.
Proof.
  intros i x s t le. destruct (Rlt_le_dec (dist X (p i) x) eps) as [close | far].
  - apply Rmult_le_compat_l; [apply chi_nonneg | apply le, close].
  - rewrite chi_far by exact far. lra.
Qed.

Lemma partition : forall I f, positive_functional X I -> continuous_real X f ->
  I f = sum (S m) (fun i => I (fun x => chi i x * f x)).
Proof.
  intros I f positive cont.
  rewrite <- (functional_sum X I (S m) (fun i x => chi i x * f x) positive).
  2: { intros i _. apply continuous_mult; [apply chi_continuous | exact cont]. }
  apply (functional_ext X I positive); [exact cont|]. intros x.
  rewrite (sum_ext _ _ (fun i => f x * chi i x)) by (intros; ring). rewrite sum_scal, chi_sum. ring.
Qed.

Lemma partition_lower : forall I f b, positive_functional X I -> continuous_real X f ->
  (forall i x, (i < S m)%nat -> dist X (p i) x < eps -> b i <= f x) -> sum (S m) (fun i => b i * I (chi i)) <= I f.
Proof.
  intros I f b positive cont low. rewrite (partition I f positive cont). apply sum_le. intros i lt.
  destruct positive as [add [scale pos]] eqn:same. clear same.
  rewrite <- scale by apply chi_continuous.
  apply (functional_monotone X I (conj add (conj scale pos))).
  - apply continuous_scal, chi_continuous.
  - apply continuous_mult; [apply chi_continuous | exact cont].
  - intros x. rewrite Rmult_comm. apply chi_local. apply low, lt.
Qed.

Lemma partition_one : forall I, probability_measure X I -> sum (S m) (fun i => I (chi i)) = 1.
Proof.
  intros I [positive one]. rewrite <- one, (partition I (fun _ => 1) positive (continuous_const X 1)).
  apply sum_ext. intros i _. apply (functional_ext X I positive); [apply chi_continuous | intros x; ring].
Qed.

Lemma chi_mass : forall I i, positive_functional X I -> 0 <= I (chi i).
Proof. intros I i [_ [_ pos]]. apply pos; [apply chi_continuous | apply chi_nonneg]. Qed.

Section Coupling.
Variables mu nu : (Base X -> R) -> R.
Hypothesis mu_prob : probability_measure X mu.
Hypothesis nu_prob : probability_measure X nu.
Variable gamma : nat -> nat -> R.
Hypothesis finite : finite_coupling (S m) (fun i => mu (chi i)) (fun j => nu (chi j)) gamma.

Definition q (i j : nat) : R := gamma i j * / mu (chi i) * / nu (chi j).

Lemma gamma_zero : forall i j, (i < S m)%nat -> (j < S m)%nat -> mu (chi i) = 0 \/ nu (chi j) = 0 -> gamma i j = 0.
Proof.
  intros i j i_lt j_lt [zero | zero]; destruct finite as [pos [rows columns]].
  - apply (sum_nonneg_zero (S m) (fun j => gamma i j)); [intros k lt; apply pos; assumption | | exact j_lt].
    rewrite rows by exact i_lt. exact zero.
  - apply (sum_nonneg_zero (S m) (fun i => gamma i j)); [intros k lt; apply pos; assumption | | exact i_lt].
    rewrite columns by exact j_lt. exact zero.
Qed.

Lemma q_facts : forall i j, (i < S m)%nat -> (j < S m)%nat ->
  0 <= q i j /\ q i j * nu (chi j) = / mu (chi i) * gamma i j /\ q i j * mu (chi i) = / nu (chi j) * gamma i j /\
  q i j * (mu (chi i) * nu (chi j)) = gamma i j.
Proof.
  intros i j i_lt j_lt. generalize (gamma_zero i j i_lt j_lt). intro null.
  generalize (chi_mass mu i (proj1 mu_prob)) (chi_mass nu j (proj1 nu_prob)). intros m_pos k_pos.
  generalize (proj1 finite i j i_lt j_lt). intro g_pos. unfold q.
  destruct (Req_dec (mu (chi i)) 0) as [zero | m_some].
  { rewrite (null (or_introl zero)). repeat split; try ring. lra. }
  destruct (Req_dec (nu (chi j)) 0) as [zero | k_some].
  { rewrite (null (or_intror zero)). repeat split; try ring. lra. }
  split; [|split; [|split]]; try (field; lra).
  repeat apply Rmult_le_pos; [exact g_pos | |]; left; apply Rinv_0_lt_compat; lra.
Qed.

Definition density (z : Base (product_space X X)) : R :=
  sum (S m) (fun i => sum (S m) (fun j => q i j * (chi i (fst z) * chi j (snd z)))).

Definition plan (h : Base (product_space X X) -> R) : R := iterate X mu nu (fun z => density z * h z).

Lemma density_continuous : continuous_real (product_space X X) density.
Proof.
  apply continuous_sum. intros i _. apply continuous_sum. intros j _. apply continuous_scal.
  apply continuous_mult; [apply continuous_fst | apply continuous_snd]; apply chi_continuous.
Qed.

Lemma density_nonneg : forall z, 0 <= density z.
Proof.
  intros z. apply sum_nonneg. intros i i_lt. apply sum_nonneg. intros j j_lt.
  apply Rmult_le_pos; [apply (q_facts i j i_lt j_lt) | apply Rmult_le_pos; apply chi_nonneg].
Qed.

Lemma plan_positive : positive_functional (product_space X X) plan.
Proof.
  apply (density_positive (product_space X X) (iterate X mu nu) density).
  - apply iterate_positive; assumption.
  - apply density_continuous.
  - apply density_nonneg.
Qed.

Lemma plan_sum : forall h a b, continuous_real (product_space X X) h ->
  (forall i, (i < S m)%nat -> continuous_real X (a i)) -> (forall j, (j < S m)%nat -> continuous_real X (b j)) ->
  (forall i j z, (i < S m)%nat -> (j < S m)%nat -> chi i (fst z) * chi j (snd z) * h z = a i (fst z) * b j (snd z)) ->
  plan h = sum (S m) (fun i => sum (S m) (fun j => q i j * (mu (a i) * nu (b j)))).
Proof.
  intros h a b cont cont_a cont_b same.
  rewrite <- (iterate_tensors X mu nu comp mu_prob nu_prob (S m) q a b cont_a cont_b).
  apply (functional_ext (product_space X X) (iterate X mu nu) (iterate_positive X mu nu comp mu_prob nu_prob)).
  - apply continuous_mult; [apply density_continuous | exact cont].
  - intros z. unfold density. rewrite Rmult_comm, <- sum_scal. apply sum_ext. intros i i_lt.
    rewrite <- sum_scal. apply sum_ext. intros j j_lt. rewrite <- (same i j z i_lt j_lt). ring.
Qed.

Lemma plan_coupling : coupling X mu nu plan.
Proof.
  split; [exact plan_positive|]. intros f cont. destruct finite as [_ [rows columns]]. split.
  - rewrite (plan_sum (fun z => f (fst z)) (fun i x => chi i x * f x) chi).
    + rewrite (partition mu f (proj1 mu_prob) cont). apply sum_ext. intros i i_lt.
      rewrite (sum_ext _ _ (fun j => mu (fun x => chi i x * f x) * / mu (chi i) * gamma i j)).
      2: { intros j j_lt. rewrite Rmult_assoc, <- (proj1 (proj2 (q_facts i j i_lt j_lt))). ring. }
      rewrite sum_scal, rows by exact i_lt. destruct (Req_dec (mu (chi i)) 0) as [zero | some]; [|field; exact some].
      rewrite (mass_zero X mu (chi i) f comp (proj1 mu_prob) (chi_continuous i) (chi_nonneg i) zero cont). ring.
    + apply continuous_fst, cont.
    + intros i _. apply continuous_mult; [apply chi_continuous | exact cont].
    + intros j _. apply chi_continuous.
    + intros. ring.
  - rewrite (plan_sum (fun z => f (snd z)) chi (fun j x => chi j x * f x)).
    + rewrite sum_swap. rewrite (partition nu f (proj1 nu_prob) cont). apply sum_ext. intros j j_lt.
      rewrite (sum_ext _ _ (fun i => nu (fun x => chi j x * f x) * / nu (chi j) * gamma i j)).
      2: { intros i i_lt. rewrite Rmult_assoc, <- (proj1 (proj2 (proj2 (q_facts i j i_lt j_lt)))). ring. }
      rewrite sum_scal, columns by exact j_lt. destruct (Req_dec (nu (chi j)) 0) as [zero | some]; [|field; exact some].
      rewrite (mass_zero X nu (chi j) f comp (proj1 nu_prob) (chi_continuous j) (chi_nonneg j) zero cont). ring.
    + apply continuous_snd, cont.
    + intros i _. apply chi_continuous.
    + intros j _. apply continuous_mult; [apply chi_continuous | exact cont].
    + intros. ring.
Qed.

Lemma plan_cost : cost X plan <= finite_cost (S m) (fun i j => dist X (p i) (p j)) gamma + 2 * eps.
Proof.
  set (r := fun i j => q i j * (dist X (p i) (p j) + 2 * eps)).
  assert (bound : cost X plan <= iterate X mu nu
    (fun z => sum (S m) (fun i => sum (S m) (fun j => r i j * (chi i (fst z) * chi j (snd z)))))).
  { unfold cost, plan.
    apply (functional_monotone _ _ (iterate_positive X mu nu comp mu_prob nu_prob)).
    - apply continuous_mult; [apply density_continuous | apply continuous_dist].
    - apply continuous_sum. intros i _. apply continuous_sum. intros j _. apply continuous_scal.
      apply continuous_mult; [apply continuous_fst | apply continuous_snd]; apply chi_continuous.
    - intros z. unfold density. rewrite Rmult_comm, <- sum_scal. apply sum_le. intros i i_lt.
      rewrite <- sum_scal. apply sum_le. intros j j_lt. unfold r.
      replace (dist X (fst z) (snd z) * (q i j * (chi i (fst z) * chi j (snd z))))
        with (q i j * (chi i (fst z) * (chi j (snd z) * dist X (fst z) (snd z)))) by ring.
      replace (q i j * (dist X (p i) (p j) + 2 * eps) * (chi i (fst z) * chi j (snd z)))
        with (q i j * (chi i (fst z) * (chi j (snd z) * (dist X (p i) (p j) + 2 * eps)))) by ring.
      apply Rmult_le_compat_l; [apply (q_facts i j i_lt j_lt)|].
      apply chi_local. intros close_i. apply chi_local. intros close_j.
      generalize (dist_tri X (fst z) (snd z) (p i)) (dist_tri X (p i) (snd z) (p j)).
      rewrite (dist_sym X (fst z) (p i)). lra. }
  apply Rle_trans with (1 := bound).
  rewrite (iterate_tensors X mu nu comp mu_prob nu_prob (S m) r chi chi) by (intros; apply chi_continuous).
  right. unfold finite_cost.
  assert (mass : 2 * eps = sum (S m) (fun i => sum (S m) (fun j => 2 * eps * gamma i j))).
  { rewrite (sum_ext _ _ (fun i => 2 * eps * mu (chi i))).
    - rewrite sum_scal, (partition_one mu mu_prob). ring.
    - intros i lt. rewrite sum_scal. destruct finite as [_ [rows _]]. rewrite rows by exact lt. reflexivity. }
  rewrite mass at 1. rewrite <- sum_plus. apply sum_ext. intros i i_lt. rewrite <- sum_plus. apply sum_ext. intros j j_lt.
  unfold r. rewrite <- (proj2 (proj2 (proj2 (q_facts i j i_lt j_lt)))) at 1 2. ring.
Qed.
End Coupling.
End Partition.

Theorem cheap_coupling : forall (X : Metric_Space) mu nu (M eps : R), compact X ->
  probability_measure X mu -> probability_measure X nu -> 0 < eps ->
  (forall f, one_lipschitz X f -> mu f - nu f <= M) -> exists pi, coupling X mu nu pi /\ cost X pi < M + eps.
Proof.
  intros X mu nu M e comp mu_prob nu_prob e_pos upper.
  set (eps := e / 5). assert (eps_pos : 0 < eps) by (unfold eps; lra).
  destruct (inhabited X mu mu_prob) as [o _].
  destruct (finite_net X eps comp eps_pos) as [net near_net].
  destruct net as [|c net]; [destruct (near_net o) as [c [[] _]]|].
  set (m := length net). set (p := fun i => nth i (c :: net) c).
  assert (dense : forall x, exists i, (i < S m)%nat /\ dist X (p i) x < eps).
  { intros x. destruct (near_net x) as [c' [member close]].
    destruct (In_nth (c :: net) c' c member) as [i [lt at_i]]. exists i. split; [exact lt|].
    unfold p. rewrite at_i. exact close. }
  set (ch := chi X eps m p).
  destruct (transport_duality (S m) (fun i => mu (ch i)) (fun j => nu (ch j)) (fun i j => dist X (p i) (p j)) (M + 3 * eps))
    as [[gamma [finite cheap]] | [phi [psi [below_dist large]]]].
  - exists (plan X eps m p mu nu gamma). split.
    + exact (plan_coupling X eps m p comp dense mu nu mu_prob nu_prob gamma finite).
    + apply Rle_lt_trans with (1 := plan_cost X eps m p comp dense mu nu mu_prob nu_prob gamma finite).
      unfold eps in *. lra.
  - exfalso. set (f := potential X m p psi).
    assert (lip : one_lipschitz X f) by apply potential_lipschitz.
    assert (cont : continuous_real X f) by apply one_lipschitz_continuous, lip.
    generalize (upper f lip); intro small.
    assert (near_p : forall i x, dist X (p i) x < eps -> Rabs (f (p i) - f x) <= eps).
    { intros i x close. apply Rle_trans with (1 := lip (p i) x). lra. }
    assert (first : sum (S m) (fun i => (phi i - eps) * mu (ch i)) <= mu f).
    { apply (partition_lower X eps m p dense mu f (fun i => phi i - eps) (proj1 mu_prob) cont). intros i x lt close.
      generalize (near_p i x close) (Rle_abs (f (p i) - f x)) (proj1 (potential_above X m p phi psi below_dist i lt)).
      fold f. lra. }
    assert (second : sum (S m) (fun i => (psi i - eps) * nu (ch i)) <= nu (fun x => -1 * f x)).
    { apply (partition_lower X eps m p dense nu (fun x => -1 * f x) (fun i => psi i - eps) (proj1 nu_prob)).
      - apply continuous_scal, cont.
      - intros i x lt close.
        generalize (near_p i x close) (Rle_abs (- (f (p i) - f x))) (proj2 (potential_above X m p phi psi below_dist i lt)).
        rewrite Rabs_Ropp. fold f. lra. }
    destruct (proj1 nu_prob) as [_ [scale _]]. rewrite (scale (-1) f cont) in second.
    assert (loss : forall I b, probability_measure X I ->
      sum (S m) (fun i => (b i - eps) * I (ch i)) = sum (S m) (fun i => b i * I (ch i)) - eps).
    { intros I b prob. rewrite (sum_ext _ _ (fun i => 1 * (b i * I (ch i)) + (- eps) * I (ch i))) by (intros; ring).
      rewrite sum_linear. unfold ch. rewrite (partition_one X eps m p dense I prob). ring. }
    rewrite (loss mu phi mu_prob) in first. rewrite (loss nu psi nu_prob) in second. lra.
Qed.

(** The fact: phi is 1-Lipschitz and int phi dmu - int phi dnu is the infimum of the cost of the couplings. *)
Theorem kantorovich_rubinstein_duality : forall (Omega : Metric_Space) (mu nu : (Base Omega -> R) -> R),
  compact Omega -> probability_measure Omega mu -> probability_measure Omega nu ->
  exists phi : Base Omega -> R, one_lipschitz Omega phi /\
    infimum (fun c => exists pi, coupling Omega mu nu pi /\ c = cost Omega pi) (mu phi - nu phi).
Proof.
  intros Omega mu nu comp mu_prob nu_prob.
  destruct (optimal_potential Omega mu nu comp mu_prob nu_prob) as [phi [lip best]].
  exists phi. split; [exact lip|]. split.
  - intros c [pi [coup ->]]. apply (coupling_cost Omega mu nu pi phi coup lip).
  - intros eps eps_pos.
    destruct (cheap_coupling Omega mu nu (mu phi - nu phi) eps comp mu_prob nu_prob eps_pos best) as [pi [coup cheap]].
    exists (cost Omega pi). split; [|exact cheap]. exists pi. split; [exact coup | reflexivity].
Qed.
