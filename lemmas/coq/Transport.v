(** Optimal transport between finitely many points: duality from Farkas' lemma, and finite Kantorovich-Rubinstein duality.

    The points are p 0, ..., p (n - 1) of a metric space, mu and nu are weights on them with sum 1. *)

From Coq Require Import Reals Lra Lia List Classical.
Import ListNotations.
From Facts Require Import Farkas StoneWeierstrass.
Open Scope R_scope.

Definition delta (i k : nat) : R := if Nat.eq_dec k i then 1 else 0.

Lemma delta_same : forall i, delta i i = 1.
Proof. intros i. unfold delta. destruct (Nat.eq_dec i i); [reflexivity | contradiction]. Qed.

Lemma delta_other : forall i k, i <> k -> delta i k = 0.
Proof. intros i k other. unfold delta. destruct (Nat.eq_dec k i); [subst; contradiction | reflexivity]. Qed.

Lemma sum_delta : forall n i f, (i < n)%nat -> sum n (fun k => delta i k * f k) = f i.
Proof.
  induction n as [|n IH]; intros i f lt; [lia|]. simpl. destruct (Nat.eq_dec i n) as [-> | other].
  - rewrite delta_same, (sum_ext n _ (fun _ => 0)), sum_zero; [ring|].
    intros k small. rewrite delta_other by lia. ring.
  - rewrite IH by lia. rewrite delta_other by lia. ring.
Qed.

Lemma sum_nonneg_zero : forall n f, (forall k, (k < n)%nat -> 0 <= f k) -> sum n f = 0 ->
  forall k, (k < n)%nat -> f k = 0.
Proof.
  induction n as [|n IH]; intros f pos zero k lt; [lia|]. simpl in zero.
  assert (rest : 0 <= sum n f) by (apply sum_nonneg; intros i small; apply pos; lia).
  generalize (pos n ltac:(lia)); intro last.
  destruct (Nat.eq_dec k n) as [-> | other]; [lra|]. apply IH; [intros i small; apply pos; lia | lra | lia].
Qed.

(** gamma has the marginals mu and nu. *)
Definition finite_coupling (n : nat) (mu nu : nat -> R) (gamma : nat -> nat -> R) : Prop :=
  (forall i j, (i < n)%nat -> (j < n)%nat -> 0 <= gamma i j) /\
  (forall i, (i < n)%nat -> sum n (fun j => gamma i j) = mu i) /\
  (forall j, (j < n)%nat -> sum n (fun i => gamma i j) = nu j).

Definition finite_cost (n : nat) (c gamma : nat -> nat -> R) : R := sum n (fun i => sum n (fun j => gamma i j * c i j)).

Lemma finite_weak_duality : forall n mu nu c gamma phi psi, finite_coupling n mu nu gamma ->
  (forall i j, (i < n)%nat -> (j < n)%nat -> phi i + psi j <= c i j) ->
  sum n (fun i => phi i * mu i) + sum n (fun j => psi j * nu j) <= finite_cost n c gamma.
Proof.
  intros n mu nu c gamma phi psi [pos [rows columns]] below.
  rewrite (sum_ext n (fun i => phi i * mu i) (fun i => sum n (fun j => phi i * gamma i j)))
    by (intros i lt; rewrite <- (rows i lt), sum_scal; reflexivity).
  rewrite (sum_ext n (fun j => psi j * nu j) (fun j => sum n (fun i => psi j * gamma i j)))
    by (intros j lt; rewrite <- (columns j lt), sum_scal; reflexivity).
  rewrite (sum_swap n n (fun j i => psi j * gamma i j)), <- sum_plus.
  apply sum_le. intros i i_lt. rewrite <- sum_plus. apply sum_le. intros j j_lt.
  specialize (below i j i_lt j_lt). specialize (pos i j i_lt j_lt). nra.
Qed.

(** The inequalities for potentials phi = x 0, ..., x (n - 1) and psi = x n, ..., x (2 n - 1). *)
Section Duality.
Variable n : nat.
Variables mu nu : nat -> R.
Variable c : nat -> nat -> R.
Variable v : R.

Definition row (i j : nat) : inequality := (fun k => delta i k + delta (n + j) k, c i j).
Definition weight (k : nat) : R := if Compare_dec.lt_dec k n then mu k else nu (k - n).
Definition goal : inequality := (fun k => - weight k, - v).
Definition system : list inequality :=
  goal :: map (fun ij => row (fst ij) (snd ij)) (list_prod (seq 0 n) (seq 0 n)).

Lemma in_system : forall p, In p system -> p = goal \/ exists i j, (i < n)%nat /\ (j < n)%nat /\ p = row i j.
Proof.
  intros p [<- | member]; [left; reflexivity | right]. apply in_map_iff in member.
  destruct member as [[i j] [<- member]]. apply in_prod_iff in member. destruct member as [i_in j_in].
  apply in_seq in i_in. apply in_seq in j_in. exists i, j. simpl. repeat split; lia.
Qed.

Lemma row_in_system : forall i j, (i < n)%nat -> (j < n)%nat -> In (row i j) system.
Proof.
  intros i j i_lt j_lt. right. apply in_map_iff. exists (i, j). split; [reflexivity|].
  apply in_prod; apply in_seq; lia.
Qed.

Lemma sum2_delta : forall i j (t : R) (f : nat -> nat -> R), (i < n)%nat -> (j < n)%nat ->
  sum n (fun i' => sum n (fun j' => t * delta i i' * delta j j' * f i' j')) = t * f i j.
Proof.
  intros i j t f i_lt j_lt.
  rewrite (sum_ext n _ (fun i' => delta i i' * (t * f i' j))).
  - rewrite (sum_delta n i (fun i' => t * f i' j) i_lt). reflexivity.
  - intros i' _. rewrite (sum_ext n _ (fun j' => delta j j' * (t * delta i i' * f i' j'))) by (intros; ring).
    rewrite (sum_delta n j (fun j' => t * delta i i' * f i' j') j_lt). ring.
Qed.

(** A combination of the system is a matrix gamma >= 0 and a number s >= 0. *)
Lemma cone_matrix : forall a b, cone system a b -> exists gamma s, 0 <= s /\
  (forall i j, (i < n)%nat -> (j < n)%nat -> 0 <= gamma i j) /\
  (forall k, a k = sum n (fun i => sum n (fun j => gamma i j * fst (row i j) k)) - s * weight k) /\
  b = finite_cost n c gamma - s * v.
Proof.
  intros a b combination. induction combination as [a zero | p t a b a' member pos first IH same].
  - exists (fun _ _ => 0), 0. split; [lra|]. split; [intros; lra|]. unfold finite_cost.
    assert (null : forall f : nat -> nat -> R, sum n (fun i => sum n (fun j => 0 * f i j)) = 0).
    { intros f. rewrite (sum_ext n _ (fun _ => 0)); [apply sum_zero|]. intros i _.
      rewrite (sum_ext n _ (fun _ => 0)); [apply sum_zero | intros; ring]. }
    split; [intros k; rewrite (null (fun i j => fst (row i j) k)), zero; ring | rewrite (null c); ring].
  - destruct IH as [gamma [s [s_pos [gamma_pos [coefficients value]]]]].
    apply in_system in member. destruct member as [-> | [i [j [i_lt [j_lt ->]]]]].
    + exists gamma, (s + t). split; [lra|]. split; [exact gamma_pos|]. split.
      * intros k. rewrite same, coefficients. simpl. ring.
      * rewrite value. simpl. ring.
    + exists (fun i' j' => gamma i' j' + t * delta i i' * delta j j'), s. split; [exact s_pos|].
      assert (split_sum : forall f : nat -> nat -> R,
        sum n (fun i' => sum n (fun j' => (gamma i' j' + t * delta i i' * delta j j') * f i' j')) =
        sum n (fun i' => sum n (fun j' => gamma i' j' * f i' j')) + t * f i j).
      { intros f. rewrite <- (sum2_delta i j t f i_lt j_lt), <- sum_plus. apply sum_ext. intros i' _.
        rewrite <- sum_plus. apply sum_ext. intros j' _. ring. }
      split; [|split].
      * intros i' j' i'_lt j'_lt. specialize (gamma_pos i' j' i'_lt j'_lt).
        assert (0 <= t * delta i i' * delta j j'); [|lra].
        unfold delta. destruct (Nat.eq_dec i' i), (Nat.eq_dec j' j); lra.
      * intros k. rewrite same, coefficients, (split_sum (fun i' j' => fst (row i' j') k)). ring.
      * unfold finite_cost in *. rewrite (split_sum c), value. simpl. ring.
Qed.

Theorem transport_duality :
  (exists gamma, finite_coupling n mu nu gamma /\ finite_cost n c gamma < v) \/
  (exists phi psi, (forall i j, (i < n)%nat -> (j < n)%nat -> phi i + psi j <= c i j) /\
     v <= sum n (fun i => phi i * mu i) + sum n (fun j => psi j * nu j)).
Proof.
  destruct (farkas (n + n) system) as [[x solution] | [a [b [combination [zero neg]]]]].
  - right. exists x, (fun j => x (n + j)%nat).
    assert (halves : forall m f, sum (n + m) f = sum n f + sum m (fun j => f (n + j)%nat)).
    { intros m f. induction m as [|m IH]; simpl; [rewrite PeanoNat.Nat.add_0_r; ring|].
      rewrite PeanoNat.Nat.add_succ_r. simpl. rewrite IH. ring. }
    split.
    + intros i j i_lt j_lt. specialize (solution (row i j) (row_in_system i j i_lt j_lt)).
      unfold holds in solution. simpl in solution.
      rewrite (sum_ext _ _ (fun k => delta i k * x k + delta (n + j) k * x k)) in solution by (intros; ring).
      rewrite sum_plus, !sum_delta in solution by lia. exact solution.
    + specialize (solution goal (or_introl eq_refl)). unfold holds in solution. simpl in solution.
      rewrite (sum_ext _ _ (fun k => -1 * (weight k * x k))) in solution by (intros; ring).
      rewrite sum_scal, halves in solution.
      rewrite (sum_ext n _ (fun i => x i * mu i)) in solution.
      2: { intros k lt. unfold weight. destruct (Compare_dec.lt_dec k n); [ring | lia]. }
      rewrite (sum_ext n (fun j => weight (n + j) * x (n + j)%nat) (fun j => x (n + j)%nat * nu j)) in solution.
      2: { intros k lt. unfold weight. destruct (Compare_dec.lt_dec (n + k) n); [lia|].
           replace (n + k - n)%nat with k by lia. ring. }
      lra.
  - left. destruct (cone_matrix a b combination) as [gamma [s [s_pos [gamma_pos [coefficients value]]]]].
    assert (rows : forall i, (i < n)%nat -> sum n (fun j => gamma i j) = s * mu i).
    { intros k lt. specialize (coefficients k). rewrite zero in coefficients by lia.
      unfold weight in coefficients. destruct (Compare_dec.lt_dec k n) as [_ | no]; [|lia].
      rewrite (sum_ext n _ (fun i => delta k i * sum n (fun j => gamma i j))) in coefficients.
      - rewrite (sum_delta n k (fun i => sum n (fun j => gamma i j)) lt) in coefficients. lra.
      - intros i i_lt. rewrite <- sum_scal. apply sum_ext. intros j j_lt. simpl.
        rewrite (delta_other (n + j) k) by lia. unfold delta.
        destruct (Nat.eq_dec k i), (Nat.eq_dec i k); try lia; ring. }
    assert (columns : forall j, (j < n)%nat -> sum n (fun i => gamma i j) = s * nu j).
    { intros k lt. specialize (coefficients (n + k)%nat). rewrite zero in coefficients by lia.
      unfold weight in coefficients. destruct (Compare_dec.lt_dec (n + k) n) as [no | _]; [lia|].
      replace (n + k - n)%nat with k in coefficients by lia.
      rewrite (sum_ext n _ (fun i => gamma i k)) in coefficients; [lra|].
      intros i i_lt. rewrite <- (sum_delta n k (fun j => gamma i j) lt). apply sum_ext. intros j j_lt. simpl.
      rewrite (delta_other i (n + k)) by lia. unfold delta.
      destruct (Nat.eq_dec (n + k) (n + j)), (Nat.eq_dec j k); try lia; ring. }
    destruct (Rle_lt_or_eq_dec 0 s s_pos) as [pos | null].
    + exists (fun i j => gamma i j / s). split; [split; [|split]|].
      * intros i j i_lt j_lt. apply Rmult_le_pos; [apply gamma_pos; assumption | left; apply Rinv_0_lt_compat, pos].
      * intros i lt. rewrite (sum_ext n _ (fun j => / s * gamma i j)) by (intros; unfold Rdiv; ring).
        rewrite sum_scal, rows by assumption. field. lra.
      * intros j lt. rewrite (sum_ext n _ (fun i => / s * gamma i j)) by (intros; unfold Rdiv; ring).
        rewrite sum_scal, columns by assumption. field. lra.
      * unfold finite_cost. rewrite (sum_ext n _ (fun i => / s * sum n (fun j => gamma i j * c i j))).
        2: { intros i _. rewrite <- sum_scal. apply sum_ext. intros j _. unfold Rdiv. ring. }
        rewrite sum_scal. fold (finite_cost n c gamma). apply Rmult_lt_reg_l with s; [exact pos|].
        rewrite <- Rmult_assoc, Rinv_r by lra. lra.
    + exfalso. subst s. assert (free : finite_cost n c gamma = 0); [|lra].
      unfold finite_cost. rewrite (sum_ext n _ (fun _ => 0)); [apply sum_zero|]. intros i i_lt.
      rewrite (sum_ext n _ (fun _ => 0)); [apply sum_zero|]. intros j j_lt.
      rewrite (sum_nonneg_zero n (fun j => gamma i j)); [ring | | | exact j_lt].
      * intros k k_lt. apply gamma_pos; assumption.
      * rewrite rows by assumption. ring.
Qed.
End Duality.

(** m is the infimum of a set of numbers. *)
Definition infimum (E : R -> Prop) (m : R) : Prop :=
  (forall c, E c -> m <= c) /\ (forall eps, 0 < eps -> exists c, E c /\ c < m + eps).

(** The least of f 0, ..., f m. *)
Fixpoint lowest (m : nat) (f : nat -> R) : R :=
  match m with
  | O => f O
  | S k => Rmin (lowest k f) (f (S k))
  end.

Lemma lowest_le : forall m f j, (j <= m)%nat -> lowest m f <= f j.
Proof.
  induction m as [|m IH]; intros f j le; simpl; [replace j with O by lia; lra|].
  destruct (Nat.eq_dec j (S m)) as [-> | other]; [apply Rmin_r|].
  apply Rle_trans with (1 := Rmin_l _ _). apply IH. lia.
Qed.

Lemma lowest_attained : forall m f, exists j, (j <= m)%nat /\ lowest m f = f j.
Proof.
  induction m as [|m IH]; intros f; simpl; [exists O; split; [lia | reflexivity]|].
  destruct (IH f) as [j [le same]]. unfold Rmin. destruct (Rle_dec (lowest m f) (f (S m))).
  - exists j. split; [lia | exact same].
  - exists (S m). split; [lia | reflexivity].
Qed.

(** The largest 1-Lipschitz function that is at most - psi j at p j. *)
Definition potential (X : Metric_Space) (m : nat) (p : nat -> Base X) (psi : nat -> R) (x : Base X) : R :=
  lowest m (fun j => dist X x (p j) - psi j).

Lemma potential_lipschitz : forall X m p psi, one_lipschitz X (potential X m p psi).
Proof.
  intros X m p psi.
  assert (half : forall x y, potential X m p psi x - potential X m p psi y <= dist X x y).
  { intros x y. unfold potential. destruct (lowest_attained m (fun j => dist X y (p j) - psi j)) as [j [le ->]].
    generalize (lowest_le m (fun j => dist X x (p j) - psi j) j le) (dist_tri X x (p j) y). simpl. lra. }
  intros x y. generalize (half x y) (half y x). rewrite (dist_sym X y x). intros le le'. apply Rabs_le. lra.
Qed.

Lemma potential_above : forall X m p phi psi,
  (forall i j, (i < S m)%nat -> (j < S m)%nat -> phi i + psi j <= dist X (p i) (p j)) ->
  forall i, (i < S m)%nat -> phi i <= potential X m p psi (p i) /\ potential X m p psi (p i) <= - psi i.
Proof.
  intros X m p phi psi below i lt. unfold potential. split.
  - destruct (lowest_attained m (fun j => dist X (p i) (p j) - psi j)) as [j [le ->]].
    specialize (below i j lt ltac:(lia)). lra.
  - apply Rle_trans with (1 := lowest_le m _ i ltac:(lia)). simpl.
    rewrite (proj2 (dist_refl X (p i) (p i)) eq_refl). lra.
Qed.

(** Finite Kantorovich-Rubinstein duality, with a potential that attains it. *)
Theorem finite_kantorovich_rubinstein : forall (X : Metric_Space) (m : nat) (p : nat -> Base X) (mu nu : nat -> R),
  (forall i, (i < S m)%nat -> 0 <= mu i) -> (forall i, (i < S m)%nat -> 0 <= nu i) ->
  sum (S m) mu = 1 -> sum (S m) nu = 1 ->
  exists phi : Base X -> R, one_lipschitz X phi /\
    infimum (fun c => exists gamma, finite_coupling (S m) mu nu gamma /\
               c = finite_cost (S m) (fun i j => dist X (p i) (p j)) gamma)
            (sum (S m) (fun i => phi (p i) * mu i) - sum (S m) (fun i => phi (p i) * nu i)).
Proof.
  intros X m p mu nu mu_pos nu_pos mu_one nu_one.
  set (n := S m) in *. set (c := fun i j => dist X (p i) (p j)).
  set (costs := fun t => exists gamma, finite_coupling n mu nu gamma /\ t = finite_cost n c gamma).
  assert (product : costs (finite_cost n c (fun i j => mu i * nu j))).
  { exists (fun i j => mu i * nu j). split; [split; [|split]|reflexivity].
    - intros i j i_lt j_lt. apply Rmult_le_pos; auto.
    - intros i _. rewrite sum_scal, nu_one. ring.
    - intros j _. rewrite (sum_ext n _ (fun i => nu j * mu i)) by (intros; ring). rewrite sum_scal, mu_one. ring. }
  destruct (completeness (fun l => forall t, costs t -> l <= t)) as [W [upper least]].
  { exists (finite_cost n c (fun i j => mu i * nu j)). intros l low. apply low, product. }
  { exists 0. intros t [gamma [[pos _] ->]]. apply sum_nonneg. intros i i_lt. apply sum_nonneg. intros j j_lt.
    apply Rmult_le_pos; [apply pos; assumption | apply Rge_le, dist_pos]. }
  assert (lower : forall t, costs t -> W <= t) by (intros t cost; apply least; intros l low; apply low, cost).
  destruct (transport_duality n mu nu c W) as [[gamma [coupling cheap]] | [phi [psi [below value]]]].
  { exfalso. specialize (lower (finite_cost n c gamma)). assert (costs (finite_cost n c gamma)); [|intuition lra].
    exists gamma. split; [exact coupling | reflexivity]. }
  exists (potential X m p psi). split; [apply potential_lipschitz|].
  set (f := fun i => potential X m p psi (p i)).
  assert (at_least : W <= sum n (fun i => f i * mu i) - sum n (fun i => f i * nu i)).
  { apply Rle_trans with (1 := value).
    assert (first : sum n (fun i => phi i * mu i) <= sum n (fun i => f i * mu i)).
    { apply sum_le. intros i lt. apply Rmult_le_compat_r; [apply mu_pos, lt|].
      apply (potential_above X m p phi psi below i lt). }
    assert (second : sum n (fun i => psi i * nu i) <= sum n (fun i => -1 * (f i * nu i))).
    { apply sum_le. intros i lt. generalize (proj2 (potential_above X m p phi psi below i lt)) (nu_pos i lt).
      fold (f i). intros le pos. nra. }
    rewrite sum_scal in second. lra. }
  assert (at_most : forall t, costs t -> sum n (fun i => f i * mu i) - sum n (fun i => f i * nu i) <= t).
  { intros t [gamma [coupling ->]].
    apply Rle_trans with (2 := finite_weak_duality n mu nu c gamma f (fun j => - f j) coupling
      ltac:(intros i j _ _; generalize (potential_lipschitz X m p psi (p i) (p j)) (Rle_abs (f i - f j));
            unfold f, c; lra)).
    rewrite (sum_ext n (fun j => - f j * nu j) (fun j => -1 * (f j * nu j))) by (intros; ring).
    rewrite sum_scal. lra. }
  change (infimum costs (sum n (fun i => f i * mu i) - sum n (fun i => f i * nu i))).
  split; [exact at_most|]. intros eps eps_pos. apply NNPP. intro none.
  assert (W + eps <= W); [|lra]. apply upper. intros t cost. apply Rnot_lt_le. intro cheap.
  apply none. exists t. split; [exact cost | lra].
Qed.
