(** R^d with its Euclidean norm, as Coquelicot's iterated product of R; the norm is checked to be the Euclidean one. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
Open Scope R_scope.

(** [euclid d] is R^(d+1): a real number, and one more for each step. *)
Fixpoint euclid (d : nat) : NormedModule R_AbsRing :=
  match d with
  | O => R_NormedModule
  | S k => prod_NormedModule _ R_NormedModule (euclid k)
  end.

(** The i-th coordinate (zero past the last one). *)
Fixpoint coordinate (d : nat) : euclid d -> nat -> R :=
  match d return euclid d -> nat -> R with
  | O => fun x i => match i with O => x | _ => 0 end
  | S k => fun x i => match i with O => fst x | S j => coordinate k (snd x) j end
  end.

Lemma prod_norm_sqr : forall (U V : NormedModule R_AbsRing) (x : prod_NormedModule _ U V),
  norm x * norm x = norm (fst x) * norm (fst x) + norm (snd x) * norm (snd x).
Proof.
  intros U V x. change (norm x) with (sqrt (norm (fst x) ^ 2 + norm (snd x) ^ 2)).
  rewrite sqrt_sqrt; [ring|]. nra.
Qed.

(** |x|^2 is the sum of the squares of the d + 1 coordinates. *)
Theorem euclid_norm : forall (d : nat) (x : euclid d),
  norm x = sqrt (sum_f_R0 (fun i => coordinate d x i * coordinate d x i) d).
Proof.
  assert (square : forall (d : nat) (x : euclid d),
    norm x * norm x = sum_f_R0 (fun i => coordinate d x i * coordinate d x i) d).
  { induction d as [|d IH]; intros x.
    - simpl. change (norm x) with (Rabs x). rewrite <- Rabs_mult. apply Rabs_pos_eq. nra.
    - rewrite decomp_sum by lia. simpl. rewrite <- IH.
      rewrite (prod_norm_sqr R_NormedModule (euclid d) x).
      change (norm (fst x)) with (Rabs (fst x)). rewrite <- Rabs_mult. rewrite Rabs_pos_eq by nra. reflexivity. }
  intros d x. rewrite <- square. rewrite sqrt_square; [reflexivity|]. apply norm_ge_0.
Qed.

Lemma norm_minus_sym : forall (V : NormedModule R_AbsRing) (x y : V), norm (minus x y) = norm (minus y x).
Proof. intros V x y. rewrite <- (norm_opp (minus x y)). f_equal. apply opp_minus. Qed.

Lemma norm_minus_triangle : forall (V : NormedModule R_AbsRing) (x y z : V),
  norm (minus x z) <= norm (minus x y) + norm (minus y z).
Proof. intros V x y z. rewrite (minus_trans y x z). apply norm_triangle. Qed.

Lemma norm_minus_self : forall (V : NormedModule R_AbsRing) (x : V), norm (minus x x) = 0.
Proof. intros V x. unfold minus. rewrite plus_opp_r. apply norm_zero. Qed.

Lemma norm_minus_zero : forall (V : NormedModule R_AbsRing) (x y : V), norm (minus x y) = 0 -> x = y.
Proof.
  intros V x y small. apply norm_eq_zero in small. apply (plus_reg_r (opp y)).
  change (plus x (opp y)) with (minus x y). rewrite small, plus_opp_r. reflexivity.
Qed.
