(** A sequence of continuous maps into R^m that is uniformly Cauchy converges uniformly to a continuous map.

    Coordinate by coordinate the limit exists because R is complete; three thirds of eps give continuity. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Facts Require Import Euclidean Compactness.
Open Scope R_scope.

Definition continuous_map (X : Metric_Space) (W : NormedModule R_AbsRing) (f : Base X -> W) : Prop :=
  forall x eps, 0 < eps -> exists delta, 0 < delta /\ forall y, dist X x y < delta -> norm (minus (f y) (f x)) < eps.

Fixpoint limit (m : nat) : (nat -> euclid m) -> euclid m :=
  match m return (nat -> euclid m) -> euclid m with
  | O => fun u => real (Lim_seq u)
  | S k => fun u => (real (Lim_seq (fun n => fst (u n))), limit k (fun n => snd (u n)))
  end.

Definition cauchy (m : nat) (u : nat -> euclid m) : Prop :=
  forall eps, 0 < eps -> exists N, forall j k, (N <= j)%nat -> (N <= k)%nat -> norm (minus (u j) (u k)) <= eps.

Lemma limit_real : forall u : nat -> R,
  (forall eps, 0 < eps -> exists N, forall j k, (N <= j)%nat -> (N <= k)%nat -> Rabs (u j - u k) <= eps) ->
  forall eps, 0 < eps -> exists N, forall n, (N <= n)%nat -> Rabs (u n - real (Lim_seq u)) <= eps.
Proof.
  intros u cau eps eps_pos.
  assert (lim : is_lim_seq u (real (Lim_seq u))).
  { apply Lim_seq_correct', ex_lim_seq_cauchy_corr. intros [e e_pos]. simpl.
    destruct (cau (e / 2)) as [N close]; [lra|]. exists N. intros j k low low'.
    apply Rle_lt_trans with (1 := close j k low low'). lra. }
  apply is_lim_seq_spec in lim. destruct (lim (mkposreal eps eps_pos)) as [N close].
  exists N. intros n low. left. exact (close n low).
Qed.

Lemma norm_pair : forall (U V : NormedModule R_AbsRing) (x y : prod_NormedModule _ U V),
  norm (minus (fst x) (fst y)) <= norm (minus x y) /\ norm (minus (snd x) (snd y)) <= norm (minus x y) /\
  norm (minus x y) <= norm (minus (fst x) (fst y)) + norm (minus (snd x) (snd y)).
Proof.
  intros U V x y. generalize (prod_norm_sqr U V (minus x y)).
  change (fst (minus x y)) with (minus (fst x) (fst y)). change (snd (minus x y)) with (minus (snd x) (snd y)).
  generalize (norm_ge_0 (minus x y)) (norm_ge_0 (minus (fst x) (fst y))) (norm_ge_0 (minus (snd x) (snd y))).
  generalize (norm (minus x y)) (norm (minus (fst x) (fst y))) (norm (minus (snd x) (snd y))).
  intros n a b n_pos a_pos b_pos square.
  assert (squares : forall s t, 0 <= t -> s * s <= t * t -> s <= t) by (intros s t pos le; apply Rsqr_incr_0_var; assumption).
  split; [|split]; apply squares; nra.
Qed.

Theorem euclid_complete : forall (m : nat) (u : nat -> euclid m), cauchy m u ->
  forall eps, 0 < eps -> exists N, forall n, (N <= n)%nat -> norm (minus (u n) (limit m u)) <= eps.
Proof.
  induction m as [|m IH]; intros u cau eps eps_pos.
  - exact (limit_real u cau eps eps_pos).
  - destruct (limit_real (fun n => fst (u n))) with (eps := eps / 2) as [N1 close1]; [|lra|].
    { intros e e_pos. destruct (cau e e_pos) as [N close]. exists N. intros j k low low'.
      apply Rle_trans with (2 := close j k low low'). apply (norm_pair R_NormedModule (euclid m) (u j) (u k)). }
    destruct (IH (fun n => snd (u n))) with (eps := eps / 2) as [N2 close2]; [|lra|].
    { intros e e_pos. destruct (cau e e_pos) as [N close]. exists N. intros j k low low'.
      apply Rle_trans with (2 := close j k low low'). apply (norm_pair R_NormedModule (euclid m) (u j) (u k)). }
    exists (max N1 N2). intros n low. specialize (close1 n ltac:(lia)). specialize (close2 n ltac:(lia)).
    destruct (norm_pair R_NormedModule (euclid m) (u n) (limit (S m) u)) as [_ [_ sum]].
    apply Rle_trans with (1 := sum).
    apply Rle_trans with (eps / 2 + eps / 2); [apply Rplus_le_compat; [exact close1 | exact close2] | lra].
Qed.

(** The fact, for R^(m+1); that K is compact is not needed. *)
Theorem uniform_limit : forall (K : Metric_Space) (m : nat) (f : nat -> Base K -> euclid m),
  (forall k, continuous_map K (euclid m) (f k)) ->
  (forall eps, 0 < eps -> exists N, forall j k, (N <= j)%nat -> (N <= k)%nat ->
     forall x, norm (minus (f j x) (f k x)) <= eps) ->
  exists g : Base K -> euclid m, continuous_map K (euclid m) g /\
    forall eps, 0 < eps -> exists N, forall k, (N <= k)%nat -> forall x, norm (minus (f k x) (g x)) <= eps.
Proof.
  intros K m f cont cau. set (g := fun x => limit m (fun k => f k x)).
  assert (uniform : forall eps, 0 < eps -> exists N, forall k, (N <= k)%nat -> forall x, norm (minus (f k x) (g x)) <= eps).
  { intros eps eps_pos. destruct (cau (eps / 2)) as [N close]; [lra|]. exists N. intros k low x.
    destruct (euclid_complete m (fun k => f k x)) with (eps := eps / 2) as [N' close']; [|lra|].
    { intros e e_pos. destruct (cau e e_pos) as [M small]. exists M. intros i j low1 low2. apply small; assumption. }
    apply Rle_trans with (1 := norm_minus_triangle _ _ (f (max N N') x) _).
    specialize (close k (max N N') low ltac:(lia) x). specialize (close' (max N N') ltac:(lia)).
    unfold g. lra. }
  exists g. split; [|exact uniform].
  intros x eps eps_pos. destruct (uniform (eps / 3)) as [N close]; [lra|].
  destruct (cont N x (eps / 3)) as [delta [delta_pos near]]; [lra|].
  exists delta. split; [exact delta_pos|]. intros y dist_y. specialize (near y dist_y).
  generalize (close N ltac:(lia) x) (close N ltac:(lia) y); intros close_x close_y.
  apply Rle_lt_trans with (1 := norm_minus_triangle _ _ (f N y) _).
  generalize (norm_minus_triangle _ (f N y) (f N x) (g x)); intro rest.
  rewrite norm_minus_sym in close_y. lra.
Qed.
